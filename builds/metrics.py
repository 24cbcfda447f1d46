"""What `/metrics` says: one table of all names, read from the database when somebody asks."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from builds.measured import GITHUB
from builds.models import Tally
from builds.queue import QUEUE, heartbeats, rq_metrics
from builds.rollup import CALL, WAIT, WORK, roll_up
from builds.tallies import RATE_LEFT, hand_over
from builds.vitals import Vitals, budgets_left, vitals
from dreamsite.version import commit


@dataclass(frozen=True)
class Counted:
    """A metric that is kept in tallies: a counter of rows, a counter of their sizes, or a histogram."""

    name: str
    help: str
    labels: tuple[str, ...]
    sizes: bool = False
    bounds: tuple[float, ...] = ()

    def family(self, rows: list[Tally]) -> Metric:
        """As Prometheus reads it, with every set of labels that was seen."""
        if self.bounds:
            histogram = HistogramMetricFamily(self.name, self.help, labels=self.labels)
            for row in rows:
                buckets = [*cumulated(row.buckets, self.bounds), ("+Inf", row.count)]
                histogram.add_metric(json.loads(row.labels), buckets, float(row.total))
            return histogram
        counter = CounterMetricFamily(self.name, self.help, labels=self.labels)
        for row in rows:
            counter.add_metric(json.loads(row.labels), float(row.total if self.sizes else row.count))
        return counter


COUNTED = (
    Counted("dream_jobs_finished_total", "Attempts that ended.", ("outcome",)),
    Counted(
        "dream_job_duration_seconds",
        "Time in which an attempt was worked on; waiting and people's time are not in it.",
        ("outcome",),
        bounds=WORK,
    ),
    Counted("dream_station_duration_seconds", "One go at a station.", ("station", "outcome"), bounds=WORK),
    Counted("dream_station_attempts_total", "Goes at a station.", ("station", "outcome")),
    Counted("dream_approval_wait_seconds", "From a question to its answer.", ("gate",), bounds=WAIT),
    Counted("dream_approvals_total", "Questions answered, for each gate that asked.", ("gate", "decision")),
    Counted(
        "dream_llm_cost_usd_total",
        "Dollars booked for model calls.",
        ("provider", "model", "station"),
        sizes=True,
    ),
    Counted(
        "dream_llm_tokens_total",
        "Tokens of model calls: input, cached (not counted as input) and output.",
        ("provider", "model", "type"),
        sizes=True,
    ),
    Counted(
        "dream_llm_request_duration_seconds",
        "Model calls whose end was seen.",
        ("provider", "model", "outcome"),
        bounds=CALL,
    ),
    Counted("dream_budget_blocked_total", "Builds that a budget ended or a cap let wait.", ("scope",)),
    Counted("dream_callback_deliveries_total", "Tries to tell a callback.", ("event", "outcome")),
    Counted(GITHUB, "Requests to GitHub's API.", ("operation", "code")),
)


def cumulated(buckets: dict[str, int], bounds: tuple[float, ...]) -> Iterator[tuple[str, int]]:
    """Each bound with how many are not above it; what fell in is kept for the first bound it fits."""
    kept = {float(bound): count for bound, count in buckets.items()}
    for bound in bounds:
        yield f"{bound:g}", sum(count for size, count in kept.items() if size <= bound)


class DreamCollector(Collector):
    """Adds up what is new, then tells everything. Raises Django's database errors."""

    def collect(self) -> Iterator[Metric]:
        """In the order of docs/operating.md."""
        hand_over()
        roll_up()
        yield from build()
        rows: dict[str, list[Tally]] = {}
        for row in Tally.objects.order_by("metric", "labels"):
            rows.setdefault(row.metric, []).append(row)
        for counted in COUNTED:
            yield counted.family(rows.get(counted.name, []))
        now = vitals()
        yield from gauges(now)
        yield rate_left(rows.get(RATE_LEFT, []), now)
        try:
            yield from of_redis()
        except (RedisError, OSError):
            return  # what only Redis knows is left out, and an alert notices that


def build() -> Iterator[Metric]:
    """Which version speaks."""
    found = GaugeMetricFamily(
        "dream_build_info", "The version of this process.", labels=("version", "commit")
    )
    found.add_metric((settings.VERSION, commit()), 1)
    yield found


def gauges(now: Vitals) -> Iterator[Metric]:
    """What there is right now; jobs that have ended are in dream_jobs_finished_total."""
    jobs = GaugeMetricFamily("dream_jobs", "Jobs that have not ended.", labels=("status",))
    ages = GaugeMetricFamily(
        "dream_oldest_job_age_seconds",
        "Since queued ones are due, running ones have started, paused ones have asked.",
        labels=("status",),
    )
    counts = {"queued": now.queued, "running": now.running.count, "paused": now.paused.count}
    since = {"queued": now.due.since, "running": now.running.since, "paused": now.paused.since}
    for status, count in counts.items():
        jobs.add_metric((status,), count)
        ages.add_metric((status,), now.seconds(since[status]) or 0)
    yield from (jobs, ages)
    left = GaugeMetricFamily(
        "dream_budget_remaining_usd",
        "Dollars left of a cap that is set; of users and repos, those of whom has the least.",
        labels=("scope",),
    )
    for scope, usd in budgets_left().items():
        left.add_metric((scope,), usd)
    yield left
    pending = GaugeMetricFamily(
        "dream_callback_oldest_pending_seconds",
        "Age of the oldest event that is still to be told; 0: none is.",
    )
    pending.add_metric((), now.seconds(now.callbacks.since) or 0)
    yield pending


def rate_left(rows: list[Tally], now: Vitals) -> Metric:
    """What GitHub's newest answer said; nothing once that limit was renewed, as nobody has asked since."""
    found = GaugeMetricFamily(
        "dream_github_rate_remaining", "Requests that GitHub still grants until it renews them."
    )
    for row in rows:
        if row.total > Decimal(now.now.timestamp()):
            found.add_metric((), row.count)
    return found


def of_redis() -> Iterator[Metric]:
    """Workers and RQ's own figures."""
    known = [now for now in heartbeats().values() if now is not None]
    beats = GaugeMetricFamily(
        "dream_worker_heartbeat_age_seconds",
        "Since the newest heartbeat of any worker; absent where there is none.",
        labels=("queue",),
    )
    if known:
        beats.add_metric((QUEUE,), min(known))
    yield beats
    yield from rq_metrics()
