"""What must hold after every run, whatever went wrong in it. Each check gives sentences; none is good."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from builds.models import Job, ModelCall, Reservation
from tests.chaos.run import Run
from tests.github.state import Hub

TERMINAL = ("complete", "failed", "canceled")
AT_REST = ("succeeded", "failed", "canceled", "paused")
CENT_OF_A_CENT = Decimal("0.0001")


def broken(run: Run, hub: Hub) -> list[str]:
    """All that does not hold of a run that should have ended."""
    if run.job is None:
        return ["its job was never stored"]
    run.job.refresh_from_db()
    found = [*run.complaints, *state(run.job), *events(run.job), *money(run, run.job)]
    return [*found, *outside(run.job, hub), *callbacks(run, run.job)]


def state(job: Job) -> Iterator[str]:
    """It ended or waits for a person, and nobody holds it."""
    if job.status not in AT_REST:
        yield f"it is {job.status} at {job.station}: {job.wait_reason or 'no reason'}"
    if job.lease_owner and job.status in AT_REST:
        yield f"{job.lease_owner} still has its lease"
    left = job.station_runs.filter(attempt=job.attempt, status="running").count()
    if left and job.status in AT_REST:
        yield f"{left} stations still say that they run"
    if (job.status == "paused") != job.approvals.filter(state="open").exists():
        yield "a paused job has an open question, and no other has"


def events(job: Job) -> Iterator[str]:
    """Numbered from 1 without gaps, and one ending for each attempt that has ended."""
    numbers = list(job.events.order_by("sequence").values_list("sequence", flat=True))
    if numbers != list(range(1, job.last_sequence + 1)):
        yield f"its events are numbered {numbers}, the last one is said to be {job.last_sequence}"
    endings = job.events.filter(attempt=job.attempt, callback_status__in=TERMINAL).count()
    if endings != int(job.is_final):
        yield f"{endings} terminal events in a {job.status} attempt"


def money(run: Run, job: Job) -> Iterator[str]:
    """Never over the budget, and nothing left reserved."""
    if job.spent_usd > job.max_dollars:
        yield f"${job.spent_usd} are recorded as spent of ${job.max_dollars}"
    if job.tokens_used > job.max_tokens:
        yield f"{job.tokens_used} tokens are recorded of {job.max_tokens}"
    if job.reserved_usd or job.tokens_reserved:
        yield f"${job.reserved_usd} and {job.tokens_reserved} tokens are still reserved"
    if job.reservations.filter(state=Reservation.State.OPEN).exists():
        yield "a reservation is still open"
    yield from bills(run, job)


def bills(run: Run, job: Job) -> Iterator[str]:
    """The ledger's rows add up, and hold all that the provider asks for."""
    if job.model_calls.filter(state=ModelCall.State.SENT).exists():
        yield "a model call is still said to be under way"
    booked = sum((each.settled_usd for each in job.reservations.all()), Decimal(0))
    if booked != job.spent_usd:
        yield f"the reservations add up to ${booked}, the job says ${job.spent_usd}"
    if Decimal(run.billed) > job.spent_usd + CENT_OF_A_CENT:
        yield f"the provider bills ${run.billed:.6f}, only ${job.spent_usd} are recorded"
    kept = job.model_calls.filter(attempt=job.attempt, state=ModelCall.State.ANSWERED)
    keys = list(kept.values_list("purpose", "item", "turn"))
    if doubles := {key for key in keys if keys.count(key) > 1}:
        yield f"answers that were there already were bought again: {sorted(doubles)}"


def outside(job: Job, hub: Hub) -> Iterator[str]:
    """At most one branch and one pull request, in any state; exactly one where the job says so."""
    branches = [name for name in hub.branches() if name != "main"]
    if len(branches) > 1 or len(hub.pulls) > 1:
        yield f"there are the branches {branches} and the pull requests {sorted(hub.pulls)}"
    if not set(branches) <= {job.branch}:
        yield f"the branch {branches} is not the job's own, {job.branch}"
    for number, pull in hub.pulls.items():
        if (number, pull["head"], hub.head(job.branch)) != (
            job.pr_number or number,
            job.branch,
            job.head_sha,
        ):
            yield f"the pull request #{number} is not as the job says: #{job.pr_number} of {job.head_sha}"
        if len(set(pull["labels"])) != len(pull["labels"]):
            yield f"the pull request has the labels {pull['labels']}"
    if job.status == "succeeded" and (len(branches), len(hub.pulls)) != (1, 1):
        yield f"it succeeded with the branches {branches} and the pull requests {sorted(hub.pulls)}"
    if hub.deployments or any(len(said) > 0 for said in hub.comments.values()):
        yield "something was deployed or said that nobody asked for"


def callbacks(run: Run, job: Job) -> Iterator[str]:
    """Every told event arrived, in order, signed, under its one name; one may arrive twice."""
    wanted = list(
        job.events.exclude(callback_status="").order_by("sequence").values_list("sequence", "callback_status")
    )
    first = list(dict.fromkeys((told.sequence, told.status) for told in run.told))
    if first != wanted:
        yield f"callbacks arrived as {first}, not as {wanted}"
    if any(after.sequence < before.sequence for before, after in pairwise(run.told)):
        yield f"callbacks went back in time: {[told.sequence for told in run.told]}"
    if len({told.name for told in run.told}) != len({told.sequence for told in run.told}):
        yield "a callback came under two names"
    if not all(told.signed for told in run.told):
        yield "a callback was not signed"


def all_told(job: Job) -> bool:
    """Whether nothing is left to tell."""
    return not job.events.filter(sequence__gt=job.delivered_sequence).exclude(callback_status="").exists()
