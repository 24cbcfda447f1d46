"""Whether the database's tables are those that this version of the code can work with."""

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

OURS = ("builds", "specs")
CONTRACT = "_contract_"


def pending(connection: BaseDatabaseWrapper) -> int:
    """How many migrations of this version the database lacks."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def contracted(connection: BaseDatabaseWrapper) -> str:
    """A migration of a newer version that took away what this one may need; empty when there is none.

    Other migrations of newer versions only add (docs/upgrades.md), so this version goes on beside them.
    """
    loader = MigrationExecutor(connection).loader
    newer = set(loader.applied_migrations) - set(loader.disk_migrations or ())
    return next((name for app, name in sorted(newer) if app in OURS and CONTRACT in name), "")


def why_not(connection: BaseDatabaseWrapper) -> str:
    """One sentence with the mend; empty when this version can work."""
    if missing := pending(connection):
        return f"The database lacks {missing} migrations; run: python3 manage.py migrate"
    if taken := contracted(connection):
        return f"A newer version took away what this one needs (migration {taken}); upgrade this process."
    return ""
