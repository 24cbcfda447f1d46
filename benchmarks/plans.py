"""How Postgres finds the rows of an operation: every statement it sends, explained."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

LARGE = ("builds_job", "builds_event")
INDEX_SCANS = ("Index Scan", "Index Only Scan", "Bitmap Index Scan")
NEEDS_ALL = ("Sort", "Aggregate", "Hash", "WindowAgg", "SetOp")
EXPLAINED = ("SELECT", "UPDATE", "DELETE", "INSERT", "WITH")


@dataclass(frozen=True)
class Node:
    """One step of a plan. `whole`: it goes through all of its table or index, and nothing above stops it."""

    kind: str
    table: str
    index: str
    whole: bool


@dataclass(frozen=True)
class Statement:
    """What was sent, and the steps of its plan."""

    sql: str
    nodes: tuple[Node, ...]

    @property
    def reads_all_of(self) -> tuple[str, ...]:
        """Large tables that are read from end to end, themselves or by an index that has all their rows."""
        return tuple(node.table for node in self.nodes if node.whole and node.table in LARGE)


def explained(run: Callable[[], Any]) -> tuple[Any, tuple[Statement, ...]]:
    """Run an operation; what it returned, and its statements with the plans they have now."""
    sent: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:  # noqa: FBT001
        if not many and sql.lstrip().startswith(EXPLAINED) and "pg_advisory" not in sql:
            sent.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        result = run()
    return result, tuple(Statement(sql, tuple(plan(sql, params))) for sql, params in sent)


def plan(sql: str, params: Any) -> Iterator[Node]:
    """The steps of one statement; nothing is carried out."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE indpred IS NOT NULL")
        partial = {name for (name,) in cursor.fetchall()}
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        (found,) = cursor.fetchone()
    whole = json.loads(found) if isinstance(found, str) else found
    yield from steps(whole[0]["Plan"], partial, stopped=False)


def steps(found: dict[str, Any], partial: set[str], *, stopped: bool) -> Iterator[Node]:
    """A step and all below it. A LIMIT stops what is below, unless something there needs all rows first."""
    kind, index = found["Node Type"], found.get("Index Name", "")
    stopped = (stopped or kind == "Limit") and kind not in NEEDS_ALL
    by_index = "Index Cond" in found or index in partial or stopped
    few = stopped and "Filter" not in found
    whole = (kind == "Seq Scan" and not few) or (kind in INDEX_SCANS and not by_index)
    yield Node(kind, found.get("Relation Name", ""), index, whole)
    for below in found.get("Plans", ()):
        yield from steps(below, partial, stopped=stopped)
