"""One SQLite file, brought up to date by the numbered files in migrations/."""

import sqlite3
from pathlib import Path

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def connect(path=":memory:"):
    """Open the database at `path` and apply the migrations it does not have yet."""
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    done = connection.execute("PRAGMA user_version").fetchone()[0]
    for file in sorted(MIGRATIONS.glob("*.sql")):
        number = int(file.name.split("_")[0])
        if number > done:
            connection.executescript(file.read_text(encoding="utf-8"))
            connection.execute(f"PRAGMA user_version = {number}")
    connection.commit()
    return connection
