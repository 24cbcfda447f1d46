"""Migrations that a running older version survives: they add; what takes away comes later, and says so."""

import pytest
from django.db import connection, models
from django.db.migrations import operations as do
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models import NOT_PROVIDED

from dreamsite.schema import CONTRACT, OURS

LAST_WITHOUT_RULES = "0005"
"""Builds are moved from version to version from the first release with this rule on."""
TAKES_AWAY = (do.RemoveField, do.DeleteModel, do.RenameField, do.RenameModel, do.AlterModelTable)
MIGRATIONS = {
    f"{app}.{name}": migration.operations
    for (app, name), migration in MigrationLoader(None).disk_migrations.items()
    if app in OURS
}


def disturbs(operation: Operation) -> str:
    """Why an older version that runs beside it could not go on; empty when it can."""
    match operation:
        case do.AddField(field=field) if not insertable(field):
            return f"{operation.name} has neither null nor db_default: inserts of the older version fail"
        case _ if isinstance(operation, TAKES_AWAY):
            return f"{type(operation).__name__} takes away what the older version uses"
        case do.RunSQL() | do.RunPython():
            return "" if operation.reversible else "it cannot be taken back"
        case _:
            return ""


def insertable(field: "models.Field[object, object]") -> bool:
    """Whether a row can be written by who does not know the column."""
    return field.many_to_many or field.null or field.db_default is not NOT_PROVIDED


@pytest.mark.parametrize("name", sorted(MIGRATIONS))
def test_a_migration_adds_or_says_that_it_takes_away(name: str) -> None:
    if name.partition(".")[2] <= LAST_WITHOUT_RULES + "~" or "0001_initial" in name:
        return
    found = [why for why in map(disturbs, MIGRATIONS[name]) if why]
    assert CONTRACT in name or found == []


def test_the_rule_sees_what_disturbs() -> None:
    text = models.CharField(max_length=1, default="")
    assert "db_default" in disturbs(do.AddField("job", "x", text))
    assert disturbs(do.AddField("job", "x", models.CharField(max_length=1, db_default=""))) == ""
    assert disturbs(do.AddField("job", "x", models.CharField(max_length=1, null=True))) == ""
    assert "takes away" in disturbs(do.RemoveField("job", "x"))
    assert disturbs(do.AddIndex("job", models.Index(fields=["title"], name="by_title"))) == ""
    assert connection.vendor == "postgresql"
