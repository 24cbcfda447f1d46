"""Adds up for `/metrics` what rows tell, each row once, and what processes counted themselves."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import structlog
from django.db import Error, connection

from builds.measured import measured
from builds.models import Tally

log = structlog.get_logger()

RATE_LEFT = "dream_github_rate_remaining"

ADD = """
INSERT INTO builds_tally (metric, labels, count, total, buckets) VALUES (%s, %s, %s, 0, '{}')
ON CONFLICT (metric, labels) DO UPDATE SET count = builds_tally.count + excluded.count
"""
SET = """
INSERT INTO builds_tally (metric, labels, count, total, buckets) VALUES (%s, '[]', %s, %s, '{}')
ON CONFLICT (metric, labels) DO UPDATE SET count = excluded.count, total = excluded.total
"""


@dataclass
class Sum:
    """What is to be added to one tally."""

    count: int = 0
    total: Decimal = Decimal(0)
    buckets: dict[str, int] = field(default_factory=dict)

    def add(self, value: float | Decimal, bounds: Iterable[float] = ()) -> None:
        """One more, of that size; with bounds it falls into the first that is not smaller."""
        self.count += 1
        self.total += Decimal(str(value))
        for bound in bounds:
            if value <= bound:
                self.buckets[f"{bound:g}"] = self.buckets.get(f"{bound:g}", 0) + 1
                return


Sums = dict[tuple[str, tuple[str, ...]], Sum]


def keep(sums: Mapping[tuple[str, tuple[str, ...]], Sum]) -> None:
    """Add to the tallies, inside a transaction that alone writes these metrics (see `rollup`)."""
    if not sums:
        return
    names = {(metric, json.dumps(labels)): found for (metric, labels), found in sums.items()}
    known = {
        (row.metric, row.labels): row
        for row in Tally.objects.filter(metric__in={metric for metric, _ in names})
    }
    for (metric, labels), found in names.items():
        row = known.get((metric, labels)) or Tally(metric=metric, labels=labels)
        row.count += found.count
        row.total += found.total
        for bound, count in found.buckets.items():
            row.buckets[bound] = row.buckets.get(bound, 0) + count
        row.save()


def hand_over() -> None:
    """Write down what this process counted; in an outage it is lost, and never stops any work."""
    counts, remaining = measured.take()
    if not counts and remaining is None:
        return
    try:
        write(counts, remaining)
    except Error as error:
        log.warning("tallies.not_kept", error=str(error), requests=counts.total())
        connection.close()


def write(counts: Counter[tuple[str, tuple[str, ...]]], remaining: tuple[int, int] | None) -> None:
    """Each row by itself, with no lock held longer."""
    with connection.cursor() as cursor:
        for (metric, labels), count in sorted(counts.items()):
            cursor.execute(ADD, [metric, json.dumps(labels), count])
        if remaining is not None:
            cursor.execute(SET, [RATE_LEFT, *remaining])
