"""Rows of one version as a file, and back: as Postgres itself writes and reads them, without our models."""

import json
from pathlib import Path
from typing import Any

from django.db import connection
from psycopg import Connection, sql

TABLES = (
    "specs_spec", "builds_repo", "builds_job", "builds_stationrun", "builds_workitem", "builds_turnrow",
    "builds_modelcall", "builds_reservation", "builds_checkresult", "builds_jobcriterion", "builds_artifact",
    "builds_event", "builds_approval",
)  # fmt: skip
"""In the order in which they may be inserted."""


def newest_migrations() -> dict[str, str]:
    """The last migration of each app of ours that the test's database has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT app, max(name) FROM django_migrations WHERE app IN ('builds', 'specs') GROUP BY app"
        )
        return dict(cursor.fetchall())


def dump() -> dict[str, Any]:
    """Everything in the test's database that belongs to builds, and which schema it has."""
    found: dict[str, Any] = {"migrations": newest_migrations(), "tables": {}}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT row_to_json(t)::text FROM {table} t ORDER BY 1")  # noqa: S608  ours
            found["tables"][table] = [json.loads(row[0]) for row in cursor.fetchall()]
    return found


def insert(database: Connection[Any], file: Path) -> None:
    """Put the rows of a file into a database that has their very schema."""
    for table, rows in json.loads(file.read_text(encoding="utf-8"))["tables"].items():
        name = sql.Identifier(table)
        database.execute(
            sql.SQL("INSERT INTO {} SELECT * FROM json_populate_recordset(NULL::{}, %s)").format(name, name),
            [json.dumps(rows)],
        )
        if rows and "id" in rows[0]:
            database.execute(
                sql.SQL("SELECT setval(pg_get_serial_sequence({}, 'id'), (SELECT max(id) FROM {}))").format(
                    sql.Literal(table), name
                )
            )
