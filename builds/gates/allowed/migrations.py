"""Recognises database migrations by where they lie and what they hold."""

import re
from collections.abc import Iterator

from builds.diffs import FileDiff
from builds.evidence import Finding
from builds.gates.allowed.rules import RULES
from builds.gates.gate import found

# Where each tool keeps its migrations, and a word that must be in the file where the place alone is no proof.
KINDS: tuple[tuple[str, re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (name, re.compile(place), re.compile(word))
    for name, place, word in (
        ("Django", r"(?:^|/)migrations/\d{4}_\w+\.py$", r"migrations\.Migration|\bMigration\b"),
        ("Alembic", r"(?:^|/)(?:versions|migrations)/[\w-]+\.py$", r"(?m)^(?:down_)?revision\b|\balembic\b"),
        ("Rails", r"(?:^|/)db/(?:migrate/\d+_\w+|schema|structure)\.(?:rb|sql)$", r""),
        ("Prisma", r"(?:^|/)prisma/(?:migrations/.+\.sql|schema\.prisma|schema/.+\.prisma)$", r""),
        (
            "Knex, TypeORM or Sequelize",
            r"(?:^|/)(?:db/|database/|src/)?migrations?/[\w.-]+\.[cm]?[jt]s$",
            r"\bup\b",
        ),
        ("SQL", r"(?:^|/)(?:migrations?|migrate|flyway|liquibase|drizzle|alembic)/.*\.sql$", r""),
        ("SQL", r"(?:^|/)V\d[\w.]*__\w+\.sql$", r""),
    )
)


def in_file(file: FileDiff) -> Iterator[Finding]:
    """One finding for a migration that is new or changed, or taken away."""
    text = file.old_text if file.kind == "removed" else file.new_text
    if any(place.search(file.path) and word.search(text) for _, place, word in KINDS):
        yield found(RULES["migration"], file)
