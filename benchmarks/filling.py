"""Fills the tables in bulk as years of work would: jobs in every state, their events, stations and money.

Each INSERT copies one row that the models made, but for the columns named here, so a column that is new
needs nothing here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Max, Model
from django.utils import timezone

from builds.models import Approval, CallbackDelivery, Event, Job, ModelCall, Repo, Reservation, StationRun
from builds.pipeline import STATIONS
from specs.models import Spec

REPOS, USERS, AT_WORK, EVENTS = 100, 1000, 40, 10
SPACING = timedelta(seconds=260)
"""Between two orders: 10 000 jobs are a month, a million are eight years."""

STATE = """CASE
    WHEN n > {last} - {at_work} THEN 'running'
    WHEN n::bigint * 7919 % 1000 < 10 THEN 'queued'
    WHEN n::bigint * 7919 % 1000 < 16 THEN 'paused'
    WHEN n::bigint * 7919 % 1000 < 50 THEN 'canceled'
    WHEN n::bigint * 7919 % 1000 < 200 THEN 'failed'
    ELSE 'succeeded' END"""
"""As many run as there are workers; of the others one in a hundred is queued, and most went well."""

JOB = {
    "job_id": "'grown-' || n",
    "repo_id": "(SELECT ids.found[1 + n % {repos}] FROM ids)",
    "title": "'Add CSV export for invoices, part ' || n",
    "user_id": "'user-' || n * 31 % {users}",
    "requester": "CASE WHEN n % 50 = 0 THEN 'team-' || n % 7 ELSE 'user-' || n * 31 % {users} END",
    "priority": "(ARRAY[0, 10, 20, 30])[1 + n % 4]",
    "callback_url": "CASE WHEN n % 3 = 0 THEN 'https://hooks-' || n % 20 || '.example/dream' ELSE '' END",
    "status": "state",
    "station": "CASE WHEN state = 'queued' AND n % 2 = 0 THEN 'intake' ELSE 'implement' END",
    "fence": "CASE WHEN state = 'queued' AND n % 2 = 0 THEN 0 ELSE 7 END",
    "run_after": "CASE WHEN state = 'queued' AND n % 5 < 2 THEN now() + n % 600 * interval '1 min'"
    " ELSE born END",
    "lease_until": "CASE WHEN state = 'running' THEN now() + interval '1 day' END",
    "lease_owner": "CASE WHEN state = 'running' THEN 'worker-' || n ELSE '' END",
    "started_at": "CASE WHEN state <> 'queued' OR n % 2 = 1 THEN born + interval '5 s' END",
    "finished_at": "CASE WHEN state IN ('succeeded', 'failed', 'canceled') THEN born + interval '40 min' END",
    "error_code": "CASE WHEN state = 'failed' THEN 'checks_failed' ELSE '' END",
    "pr_number": "CASE WHEN state = 'succeeded' THEN n END",
    "created_at": "born",
    "updated_at": "born + interval '40 min'",
    "last_sequence": "{events}",
    "delivered_sequence": "CASE WHEN n % 900 = 0 THEN {events} - 1 ELSE {events} END",
    "next_callback_at": "CASE WHEN n % 1800 = 0 THEN born WHEN n % 900 = 0 THEN now() + interval '1 h' END",
}
EVENT = {
    "job_id": "job.id",
    "sequence": "s",
    "name": "CASE s WHEN 1 THEN 'run.queued' WHEN {events} THEN 'run.' || job.status"
    " ELSE (ARRAY['station.started', 'station.note', 'station.succeeded'])[1 + s % 3] END",
    "station": "(ARRAY['intake', 'plan', 'implement', 'verify', 'review', 'create_pr'])[1 + s % 6]",
    "callback_status": "CASE WHEN s = {events} AND job.status IN ('failed', 'canceled') THEN job.status"
    " WHEN s = {events} THEN 'complete' WHEN s % 3 = 0 THEN 'writing' ELSE '' END",
    "message": "'Something worth a sentence happened to the build, number ' || s",
    "created_at": "job.created_at + s * interval '4 min'",
}
STATION_RUN = {
    "job_id": "job.id",
    "ordinal": "s - 1",
    "station": "(ARRAY[{stations}])[s]",
    "started_at": "job.created_at + s * interval '5 min'",
    "finished_at": "job.created_at + s * interval '6 min'",
}
CALL = {"id": "job.id", "job_id": "job.id", "sent_at": "job.created_at", "answered_at": "job.created_at"}
RESERVATION = {
    "job_id": "job.id",
    "call_id": "job.id",
    "reserved_at": "job.created_at",
    "settled_at": "job.created_at + interval '3 s'",
}
DELIVERY = {"event_id": "event.id", "at": "event.created_at"}
APPROVAL = {
    "job_id": "job.id",
    "state": "CASE WHEN job.status = 'paused' THEN 'open' ELSE 'approved' END",
    "asked_at": "job.created_at",
    "decided_at": "CASE WHEN job.status <> 'paused' THEN job.created_at + interval '1 h' END",
    "expires_at": "greatest(job.created_at, now()) + interval '7 days'",
}


def fill(jobs: int) -> None:
    """Add so many jobs with all that belongs to them, and let Postgres count what it has."""
    made = samples()
    first = (Job.objects.aggregate(newest=Max("pk"))["newest"] or 0) + 1
    last = first + jobs - 1
    words = {
        "last": last,
        "at_work": min(AT_WORK, jobs // 20),
        "repos": REPOS,
        "users": USERS,
        "events": EVENTS,
    }
    words["stations"] = ", ".join(f"'{name}'" for name in STATIONS)
    born = f"now() - ({last} - n) * interval '{SPACING.total_seconds()} s'"
    repos = "WITH ids AS (SELECT array_agg(id ORDER BY id) AS found FROM builds_repo) "
    state = STATE.format(**words)
    numbers = f"(SELECT n, {state} AS state, {born} AS born FROM generate_series({first}, {last}) AS n)"
    mine = f"builds_job AS job WHERE job.id BETWEEN {first} AND {last}"
    with bulk():
        insert(made[Job], {"id": "n"} | JOB, f"{numbers} AS numbers", words, before=repos)
        insert(made[Event], EVENT, f"generate_series(1, {EVENTS}) AS s, {mine} ORDER BY job.id, s", words)
        insert(made[StationRun], STATION_RUN, f"generate_series(1, {len(STATIONS)}) AS s, {mine}", words)
        insert(made[ModelCall], CALL, mine, words)
        insert(made[Reservation], RESERVATION, mine, words)
        insert(made[CallbackDelivery], DELIVERY, f"builds_event AS event WHERE sequence = {EVENTS}", words)
        insert(made[Approval], APPROVAL, f"{mine} AND (job.status = 'paused' OR job.id % 20 = 0)", words)
        for model in (Job, ModelCall):
            run(f"SELECT setval(pg_get_serial_sequence('{model._meta.db_table}', 'id'), {last})")
    run("VACUUM (ANALYZE)")


@contextmanager
def bulk() -> Iterator[None]:
    """Without limits of time and without a look at each foreign key: the rows fit by how they are made."""
    run("SET statement_timeout = 0; SET session_replication_role = replica")
    try:
        yield
    finally:
        run("RESET statement_timeout; RESET session_replication_role")


def insert(
    sample: Model, columns: dict[str, str], source: str, words: dict[str, Any], *, before: str = ""
) -> None:
    """One INSERT: these columns by their expression, all others as the sample has them."""
    table = sample._meta.db_table
    names = [
        field.column
        for field in sample._meta.concrete_fields
        if field.column and (field.column != "id" or "id" in columns)
    ]
    values = [columns[name].format(**words) if name in columns else f"sample.{name}" for name in names]
    sample_row = f"(SELECT * FROM {table} WHERE id = {sample.pk} OFFSET 0) AS sample"
    chosen = f"{before}SELECT {', '.join(values)} FROM {sample_row}, {source}"
    run(f"INSERT INTO {table} ({', '.join(names)}) {chosen}")


def run(statement: str) -> None:
    """One statement of ours; nothing in it comes from outside."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


def samples() -> dict[type[Model], Any]:
    """One row of each table, which all others are made after; the job has ended long ago."""
    spec = Spec.keep(
        "# Add CSV export for invoices\n\n## Requirements\n\n- A signed-in user downloads a CSV\n"
    )
    for number in range(REPOS):
        Repo.objects.get_or_create(owner="grown", name=f"billing-{number}")
    now, repo = timezone.now(), Repo.objects.earliest("pk")
    job, new = Job.objects.get_or_create(
        job_id="sample",
        defaults={
            "spec": spec, "repo": repo, "title": spec.title, "user_id": "sample", "requester": "sample",
            "trust_level": "builder", "max_tokens": 2_000_000, "max_dollars": Decimal(20),
            "payload_hash": "0" * 64, "branch": "dream/add-csv-export-1f2e3d4c", "status": "canceled",
            "started_at": now, "finished_at": now, "spent_usd": Decimal("1.25"), "tokens_used": 400_000,
        },
    )  # fmt: skip
    if new:
        call = ModelCall.objects.create(
            job=job, attempt=1, station="plan", purpose="plan", turn=1, model="writer", request_hash="0" * 64,
            state="answered", cost_usd=Decimal("0.01"), input_tokens=9000, output_tokens=300, answered_at=now,
        )  # fmt: skip
        Reservation.objects.create(
            job=job, call=call, fence=1, tokens=20_000, usd=1, state="settled", settled_at=now,
            settled_usd=Decimal("0.01"), settled_tokens=9300,
        )  # fmt: skip
        StationRun.objects.create(
            job=job, attempt=1, ordinal=0, station="intake", status="succeeded", tries=1
        )
        event = Event.objects.create(job=job, sequence=1, attempt=1, name="run.queued", message="Job queued")
        CallbackDelivery.objects.create(
            event=event, number=1, outcome="delivered", status=200, duration_ms=80
        )
        Approval.objects.create(
            job=job, attempt=1, station="create_pr", gates=["RiskReviewed"], reason="It changes a migration",
            on_approve="One pull request is opened.", on_reject="Nothing is pushed.", content_hash="0" * 64,
            may_decide="reviewer", state="approved", decided_by="rita", decided_at=now, expires_at=now,
        )  # fmt: skip
    models = (ModelCall, Reservation, StationRun, Event, CallbackDelivery, Approval)
    return {Job: job, **{model: model._default_manager.earliest("pk") for model in models}}
