"""`dream submit`: what is ordered, under which name, and what is refused with one line."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.utils import timezone

from builds.models import Job
from tests import factories
from tests.management.conftest import Dream

SPEC = Path(project.ROOT) / "specs" / "examples" / "csv-export.md"
GOOD = ("submit", str(SPEC), "--repo", "acme/billing", "--budget", "2.00")


@pytest.fixture(autouse=True)
def _known_repo(db: None) -> None:
    factories.repo()


def test_an_order_becomes_a_queued_job_of_who_ordered_it(dream: Dream) -> None:
    answer = dream(*GOOD)
    job = Job.objects.get()
    assert answer.code == 0
    assert f"Job {job.job_id} is queued: “Export subscribers as CSV” for acme/billing" in answer.out
    assert f"python3 manage.py dream watch {job.job_id}" in answer.out
    assert (job.user_id, job.requester, job.trust_level) == ("alice", "alice", "builder")
    assert (job.max_dollars, job.base_branch, job.priority) == (Decimal(2), "main", 20)
    event = job.events.get()
    assert (event.name, event.actor, event.data) == ("run.queued", "alice", {"via": "cli"})


def test_a_name_is_made_from_the_title_and_no_two_are_alike(dream: Dream) -> None:
    dream(*GOOD)
    dream(*GOOD)
    names = list(Job.objects.values_list("job_id", flat=True))
    assert len(set(names)) == 2
    assert all(name.startswith("export-subscribers-as-csv-") for name in names)


def test_the_same_order_under_the_same_name_is_the_same_job(dream: Dream) -> None:
    first = dream(*GOOD, "--job-id", "night-1")
    again = dream(*GOOD, "--job-id", "night-1", "--json")
    assert (first.code, again.code) == (0, 0)
    assert again.document["replayed"] is True
    assert Job.objects.count() == 1
    other = dream(*GOOD[:-1], "3.00", "--job-id", "night-1")
    assert other.code == 1
    assert "night-1 exists with another body" in other.err


def test_every_option_is_part_of_the_order(dream: Dream) -> None:
    more = ("--tokens", "1,500,000", "--branch", "next", "--priority", "high", "--plan-approval")
    assert dream(*GOOD, *more).code == 0
    job = Job.objects.get()
    assert (job.max_tokens, job.base_branch, job.priority, job.plan_approval) == (1_500_000, "next", 10, True)


def test_at_night_it_waits_for_the_window_and_says_until_when(dream: Dream, settings: Any) -> None:
    start = (timezone.now() + timedelta(hours=3)).replace(second=0, microsecond=0)
    settings.OFFPEAK = (start.time(), (start + timedelta(hours=1)).time())
    answer = dream(*GOOD, "--at", "night")
    job = Job.objects.get()
    assert (job.queue_name, job.run_after >= start) == ("night", True)
    assert "Waits for the window" in answer.out
    assert "it starts at" in answer.out
    assert dream(*GOOD, "--at", "noon").code == 2


def test_a_budget_is_cut_and_never_grows(dream: Dream) -> None:
    dream(*GOOD[:-1], "$1.00000099")
    assert Job.objects.get().max_dollars == Decimal("1.000000")


def test_json_is_the_job_and_nothing_else(dream: Dream, tmp_path: Path) -> None:
    unclear = tmp_path / "unclear.md"
    unclear.write_text("# Dark mode\n\n## Wishes\n\n- a moon\n")
    answer = dream("submit", str(unclear), "--repo", "acme/billing", "--budget", "1", "--json")
    document = answer.document
    assert document["jobId"] == Job.objects.get().job_id
    assert (document["status"], document["replayed"], document["gate"]) == ("queued", False, None)
    assert document["budget"]["maxDollars"] == 1.0
    assert "warning: " in answer.err


def test_what_was_not_understood_is_said_and_stops_nothing(dream: Dream, tmp_path: Path) -> None:
    unclear = tmp_path / "unclear.md"
    unclear.write_text("# Dark mode\n\n## Wishes\n\n- a moon\n- stars\n")
    answer = dream("submit", str(unclear), "--repo", "acme/billing", "--budget", "1")
    assert answer.code == 0
    assert "warning: Line 3: The list under “Wishes” was read as background." in answer.err
    assert dream(*GOOD).err.count("warning") == 0


def test_somebody_without_the_permission_orders_nothing(dream: Dream) -> None:
    answer = dream(*GOOD, by="rita")
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "builder" in answer.err
    assert not Job.objects.exists()


REFUSED = {
    "an unknown repository": (("--repo", "acme/other"), 1, "acme/other is not registered here."),
    "a repository without an owner": (
        ("--repo", "billing"),
        2,
        "'billing' is not a repository such as owner/name",
    ),
    "no money": (("--budget", "0"), 2, "0 is not between 0.000001 and 10,000 dollars"),
    "less than is counted": (("--budget", "0.0000001"), 2, "not between"),
    "money that is no number": (("--budget", "lots"), 2, "'lots' is not an amount in dollars"),
    "endless money": (("--budget", "inf"), 2, "inf is not between"),
    "not a number": (("--budget", "NaN"), 2, "NaN is not between"),
    "no tokens": (("--tokens", "0"), 2, "0 is not between 1 and"),
    "half a token": (("--tokens", "1.5"), 2, "'1.5' is not a whole number of tokens"),
    "a branch that git refuses": (("--branch", "a..b"), 2, "'a..b' is not a branch name that git takes"),
    "a priority of no kind": (("--priority", "asap"), 2, "invalid choice: 'asap'"),
    "a name with a slash": (("--job-id", "a/b"), 2, "no slash"),
    "a name that is invisible": (("--job-id", "a\u200b"), 2, "printable characters"),
    "a name without an end": (("--job-id", "x" * 201), 2, "1 to 200"),
}


@pytest.mark.parametrize(("changed", "code", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_meant_is_refused(
    dream: Dream, changed: tuple[str, ...], code: int, sentence: str
) -> None:
    answer = dream(*GOOD, *changed)
    assert (answer.code, answer.out) == (code, "")
    assert sentence in answer.err
    assert not Job.objects.exists()


UNREADABLE = {
    "empty": (b"", "The spec is empty"),
    "only white space": (b" \n\t\n", "The spec is empty"),
    "another encoding": ("# Größe".encode("latin-1"), "is not UTF-8 text (byte 5)"),
    "a NUL": (b"# Dark\n\nmode \x00\n", "Line 3 of the spec holds a character that is not text"),
    "too long": (b"# Dark mode\n" + b"x" * 200_001, "at most 200,000 are read"),
}


@pytest.mark.parametrize(("content", "sentence"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_text_that_is_no_spec_is_refused_in_one_line(
    dream: Dream, tmp_path: Path, content: bytes, sentence: str
) -> None:
    bad = tmp_path / "bad.md"
    bad.write_bytes(content)
    answer = dream("submit", str(bad), "--repo", "acme/billing", "--budget", "2")
    assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert sentence in answer.err
    assert not Job.objects.exists()


def test_a_file_that_is_not_there_is_named(dream: Dream, tmp_path: Path) -> None:
    for place in (tmp_path / "nowhere.md", tmp_path):
        answer = dream("submit", str(place), "--repo", "acme/billing", "--budget", "2")
        assert (answer.code, answer.err.count("\n")) == (1, 1)
        assert f"Cannot read {place}" in answer.err
