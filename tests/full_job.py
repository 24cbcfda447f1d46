"""A paused job with everything a reviewer may want to look at."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from builds.evidence import Check, CheckRun, Criterion, Finding, Intake, Plan, PlannedItem, Review, TestStatus
from builds.journal import record
from builds.models import Job, JobCriterion, WorkItem
from builds.values import dump
from tests import factories

CHECK = Check(name="unit", argv=("python3", "-m", "unittest"), source="detected")


def review(**more: Any) -> Review:
    """What a second model says of the present tree."""
    values: dict[str, Any] = {
        "tree_sha": factories.TREE,
        "verdict": "changes",
        "summary": "The export works. Two lines let a user run commands and switch off TLS checks.",
        "findings": (
            Finding(
                rule="review",
                reason="verify=False turns TLS checks off for the exchange rates.",
                severity="medium",
                path="app/export.py",
                line=20,
            ),
        ),
        "risk": "medium",
        "recommendation": "pause",
        "model": "other-family-1",
    }
    return Review(**{**values, **more})


OLD_EXPORT = '''"""Exports."""

from django.http import JsonResponse

from app.models import Invoice


def rows(query):
    """Yield one dict per invoice."""
    for invoice in query.iterator():
        yield {"id": invoice.id, "total": invoice.total}


def export(request):
    return JsonResponse(list(rows(Invoice.objects.all())), safe=False)


class ExportView:
    permission_required = "billing.export"
'''
NEW_EXPORT = '''"""Exports."""

import subprocess

import requests
from django.http import StreamingHttpResponse

from app.models import Invoice


def rows(query):
    """Yield one dict per invoice."""
    for invoice in query.iterator():
        yield {"id": invoice.id, "total": str(invoice.total), "currency": invoice.currency or "EUR"}


def export(request, fmt="csv"):
    """Stream a file; large customers have 2 million rows."""
    subprocess.run(f"logger export {request.user}", shell=True)
    rates = requests.get(settings.FX_URL, verify=False, timeout=5)
    return StreamingHttpResponse(render(rows(Invoice.objects.all()), fmt, rates), content_type=TYPES[fmt])


class ExportView:
    permission_required = "billing.export"
'''
MIGRATION = """from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("app", "0041_invoice_total")]
    operations = [
        migrations.AddField("invoice", "currency", models.CharField(max_length=3, default="EUR")),
        migrations.RemoveField("invoice", "legacy_total"),
    ]
"""
TESTS = """import unittest


class ExportTest(unittest.TestCase):
    def test_every_row_has_a_currency(self):
        self.assertEqual(row(Invoice(currency=None))["currency"], "EUR")
"""


def full_job() -> Job:
    """A paused job with everything a reviewer may want to look at."""
    made = factories.job(
        job_id="dm_100200", status="paused", station="create_pr", started_at=timezone.now(),
        created_at=timezone.now() - timedelta(hours=6), spent_usd=Decimal("7.43"), reserved_usd=Decimal(0),
        tokens_used=812_400, base_sha=factories.BASE,
    )  # fmt: skip
    note_stations(made)
    factories.keep_patch(
        made,
        {"app/export.py": OLD_EXPORT},
        {
            "app/export.py": NEW_EXPORT,
            "app/migrations/0042_invoice_currency.py": MIGRATION,
            "tests/test_export.py": TESTS,
        },
    )
    keep_plan(made)
    keep_checks(made)
    ask_about_risky_lines(made)
    record_events(made)
    made.refresh_from_db()
    return made


def note_stations(made: Job) -> None:
    """What each station says of its run, and what it cost."""
    factories.runs(made, "create_pr", "paused")
    notes = {
        "intake": ("3 criteria, 1 check", "0", 0), "plan": ("2 work items", "0.738", 41_000),
        "implement": ("2 of 2 items done", "5.820", 655_000),
        "verify": ("unit: passed, 148 of 148 tests pass", "0", 0),
        "review": ("other-family-1 wants changes; 1 finding", "0.872", 116_400),
    }  # fmt: skip
    for station, (note, cost, tokens) in notes.items():
        made.station_runs.filter(station=station).update(note=note, cost_usd=Decimal(cost), tokens=tokens)


def ask_about_risky_lines(made: Job) -> None:
    """The question for which the job waits: two lines that a gate takes for destructive."""
    factories.ask(
        made,
        reason="Destructive operations detected, 2 risky lines: app/migrations/0042_invoice_currency.py:8 It "
        "removes a field and the data in it",
        findings=(
            Finding(
                rule="removes_field", reason="It removes a field and the data in it.", severity="high",
                path="app/migrations/0042_invoice_currency.py", line=8, text="x",
            ),
            Finding(
                rule="runs_a_command", reason="A shell reads the name of a user.", severity="critical",
                path="app/export.py", line=19, text="y",
            ),
        ),
    )  # fmt: skip


def planned_items() -> tuple[PlannedItem, ...]:
    """Two work items, the second of some risk."""
    return (
        PlannedItem(
            key="1", title="Yield currency with each row", criteria=(2, 3), paths=("app/**",), check="unit"
        ),
        PlannedItem(
            key="2",
            title="Stream the rows as CSV",
            criteria=(1,),
            paths=("app/export.py", "tests/**"),
            risk="medium",
        ),
    )


def keep_plan(made: Job) -> None:
    """What intake, plan and review found, the criteria, and the work items as done."""
    texts = made.spec.criteria
    criteria = tuple(Criterion(number=n, text=text) for n, text in enumerate(texts, start=1))
    items = planned_items()
    made.intake = dump(
        Intake(base_sha=factories.BASE, branch=made.branch, checks=(CHECK,), criteria=criteria)
    )
    made.plan = dump(Plan(summary="Add the column first, then stream rows through a generator.", items=items))
    made.plan_sha = factories.HASH
    made.review = dump(review())
    made.save(update_fields=["intake", "plan", "plan_sha", "review"])
    for ordinal, item in enumerate(items):
        WorkItem.objects.create(
            job=made, attempt=1, ordinal=ordinal, key=item.key, title=item.title, planned=dump(item),
            status="done", summary="" if ordinal else "Rows carry a currency; an empty one counts as EUR.",
        )  # fmt: skip
    JobCriterion.objects.bulk_create(
        JobCriterion(job=made, number=each.number, text=each.text) for each in criteria
    )


def keep_checks(made: Job) -> None:
    """The check before any change and after all of them: two tests more pass."""
    old: dict[str, TestStatus] = {f"tests.test_invoice.Case.test_{n}": "passed" for n in range(146)}
    new: dict[str, TestStatus] = old | {
        f"tests.test_export.ExportTest.test_{n}": "passed" for n in ("currency", "stream")
    }
    shared: dict[str, Any] = {"check": "unit", "argv": CHECK.argv, "outcome": "passed", "exit_code": 0}
    factories.keep_checks(
        made,
        CheckRun(phase="baseline", tree_sha=factories.BASE, tests=old, seconds=11.2, **shared),
        CheckRun(
            phase="after",
            tree_sha=factories.TREE,
            tests=new,
            seconds=12.9,
            output="Ran 148 tests in 12.9s\n\nOK\n",
            **shared,
        ),
    )


@transaction.atomic
def record_events(made: Job) -> None:
    """A short history."""
    for name, message in (
        ("run.queued", f"Job {made.job_id} queued"),
        ("run.started", "Dream build started"),
        ("run.paused", "Waiting for a person before create_pr"),
    ):
        record(made, name, message, station=made.station, actor="engine")
