"""Reads Rails migrations by their lines: what they drop, what they execute. `def down` is not asked."""

import re
from collections.abc import Generator, Iterator

from builds.gates.destructive.source import Hit, Source
from builds.gates.destructive.sql import read_sql

CALLS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"^\s*(?:\w+\.)?(?:{names})\b(?!\s*=)"), rule)
    for names, rule in (
        (r"drop_table|drop_join_table", "migration_drop_table"),
        (
            r"remove_columns?|remove_reference|remove_belongs_to|remove_timestamps|remove_attachment",
            "migration_drop_column",
        ),
        (
            r"remove_index|remove_foreign_key|remove_check_constraint|remove_exclusion_constraint",
            "migration_drop_index",
        ),
        (r"change_column|change_column_null", "migration_alter_column"),
    )
)
IN_TABLE = re.compile(r"^\s*(?:t|table)\.(?:remove\w*)\b")
DELETES = re.compile(r"\b[A-Z]\w*(?:\.unscoped|\.all)?\.(?:delete_all|destroy_all)\b")
EXECUTE = re.compile(r"^\s*(?:\w+\.)*(?:execute|exec_query|exec_update|exec_delete)\b[\s(]*(?P<argument>.*)$")
HEREDOC = re.compile(r"<<[~-]?[\"'`]?(?P<name>[A-Z_]+)[\"'`]?")
QUOTED = re.compile(r"^(?:\"(?P<double>(?:[^\"\\]|\\.)*)\"|'(?P<single>(?:[^'\\]|\\.)*)')\s*\)?\s*(?:#.*)?$")
INTERPOLATED = re.compile(r"#\{[^}]*\}")
METHOD = re.compile(r"^(?P<indent>\s*)def\s+(?:self\.)?(?P<name>\w+)")


def read_ruby_migration(source: Source) -> Iterator[Hit]:
    """The lines that run when the migration is applied."""
    lines = source.text.split("\n")
    number = 0
    while number < len(lines):
        line = lines[number]
        if (method := METHOD.match(line)) and method["name"] == "down":
            number = _end_of(lines, number, method["indent"])
            continue
        yield from _in_line(source, line, number + 1)
        if run := EXECUTE.match(line):
            number = yield from _executed(source, lines, number, run["argument"])
        number += 1


def _in_line(source: Source, line: str, number: int) -> Iterator[Hit]:
    for pattern, rule in CALLS:
        if pattern.match(line) and not METHOD.match(line):
            yield source.hit(rule, number, number)
    if IN_TABLE.match(line):
        yield source.hit("migration_drop_column", number, number)
    if DELETES.search(line) and not line.lstrip().startswith("#"):
        yield source.hit("code_delete_all", number, number)


def _executed(source: Source, lines: list[str], number: int, argument: str) -> Generator[Hit, None, int]:
    """The SQL of one call; returns the number of its last line."""
    if heredoc := HEREDOC.search(argument):
        end = next(
            (n for n in range(number + 1, len(lines)) if lines[n].strip() == heredoc["name"]), len(lines)
        )
        sql = INTERPOLATED.sub("a_value", "\n".join(lines[number + 1 : end]))
        yield from read_sql(source.part(sql, line=number + 2))
        return end
    quoted = QUOTED.match(argument)
    if quoted is None:
        yield source.hit("migration_unreadable", number + 1, number + 1)
    else:
        sql = INTERPOLATED.sub("a_value", quoted["double"] or quoted["single"] or "")
        yield from read_sql(source.part(sql, line=number + 1))
    return number


def _end_of(lines: list[str], start: int, indent: str) -> int:
    """The line behind the `end` of a method."""
    closing = f"{indent}end"
    found = (n for n in range(start + 1, len(lines)) if lines[n].rstrip() == closing)
    return next(found, len(lines)) + 1
