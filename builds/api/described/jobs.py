"""The job as an object: as a row of a list, and whole."""

from typing import get_args

from builds.api.described.shapes import (
    SHA256,
    Schema,
    address,
    commit,
    flag,
    free,
    many,
    moment,
    number,
    one_of,
    or_null,
    record,
    ref,
    text,
    whole,
)
from builds.api.intake import PRIORITIES, TARGETS
from builds.outcomes import MayDecide, WaitCause
from builds.pipeline import STATIONS
from builds.public_lists import STATUSES as BY_STATUS

STATUSES = tuple(BY_STATUS)
ACTIONS = ("approve", "reject", "cancel", "rerun", "run-now")

BUDGET = record(
    "The ledger. What is reserved counts as gone until the call is settled.",
    maxTokens=whole("The cap on tokens.", least=1),
    maxDollars=number("The cap on dollars; it holds."),
    spent=number("Dollars."),
    reserved=number("Dollars of calls under way."),
    left=number("Dollars.", least=-10_000),
)
JOB_ERROR = record(
    "Why the attempt ended without success.",
    code=text("One word, see docs/reasons.md.", example="budget_exhausted"),
    message=text("One sentence for people."),
    station=or_null(one_of("Where it happened.", STATIONS)),
    retryable=flag("The same order may well succeed when it runs again unchanged."),
)
QUESTION = {
    "name": text("The gates that ask.", example="NothingDestructive"),
    "station": one_of("The station that they stand in front of.", STATIONS),
    "reason": text("Why the job stopped."),
    "onApprove": text("What a yes does."),
    "onReject": text("What a no does."),
    "contentHash": text("What is decided about: send it back with the decision.", pattern=SHA256),
    "mayDecide": one_of(
        "The requester or any reviewer; any reviewer; a reviewer who is not the requester.",
        get_args(MayDecide),
    ),
    "whyNot": or_null(text("Why this caller may not answer; null when they may.")),
    "askedAt": moment("Since when."),
    "expiresAt": moment("A question that nobody answers fails the job then."),
}
GATE_ROW = record("The open question, without its findings.", QUESTION)
GATE = record(
    "The open question of a paused job.", QUESTION, findings=many("What was found.", ref("Finding"))
)
HALT = record(
    "Everything is halted.",
    by=text("Who halted it."),
    reason=text("Why."),
    since=moment("Since when."),
)
LINKS = record(
    "Absolute addresses: of the job, and of what this caller may do with it now.",
    optional=("pullRequest", *ACTIONS),
    self=address("The job."),
    events=address("What happened to it."),
    artifacts=address("What is kept of it."),
    pullRequest=address("On the forge."),
    **{action: address(f"Where to {action}.") for action in ACTIONS},
)

ROW: dict[str, Schema] = {
    "jobId": text("The job's name.", example="dm_01"),
    "specId": text("The spec's name at the client."),
    "userId": text("Whose job it is."),
    "requestId": or_null(text("Of the request that made it; as in logs and callbacks.")),
    "title": text("The spec's title."),
    "status": one_of("Where it stands.", STATUSES),
    "station": one_of("The station that it is at.", STATIONS),
    "attempts": whole("The number of the present attempt.", least=1),
    "priority": one_of("Who goes first.", PRIORITIES),
    "repo": text("The target repository, `owner/name`.", example="acme/shop"),
    "targetRepoType": one_of("As it was posted; may be empty for jobs from other doors.", (*TARGETS, "")),
    "baseBranch": text("Where the work begins."),
    "branchPrefix": text("How the job's branch begins."),
    "branch": or_null(text("The job's own branch.")),
    "prUrl": or_null(address("The pull request.")),
    "prNumber": or_null(whole("Its number.", least=1)),
    "deployUrl": or_null(address("Where it is deployed.")),
    "estimatedEffort": or_null(text("As it was posted.")),
    "queueName": or_null(text("As it was posted; with one, the job starts in the night's window.")),
    "deadline": or_null(moment("As it was posted.")),
    "planApproval": flag("A person is asked about the plan first."),
    "metadata": free("The client's own notes, as they were posted."),
    "error": or_null(ref("JobError")),
    "tokensUsed": whole("Tokens of all model calls."),
    "costEstimate": number("Dollars spent; the old system's name."),
    "budget": ref("Budget"),
    "gate": or_null(ref("GateRow")),
    "scheduledFor": or_null(moment("When a waiting job goes on.")),
    "waitReason": or_null(text("Why it waits, for people.")),
    "waitCause": or_null(one_of("Why it waits, for programs.", get_args(WaitCause))),
    "waitingSince": or_null(moment("Since when it waits.")),
    "actions": many("What this caller may do now.", one_of("An action.", ACTIONS)),
    "links": ref("Links"),
    "createdAt": moment("When it was ordered."),
    "startedAt": or_null(moment("When a worker first took it.")),
    "updatedAt": moment("When anything last changed."),
    "finishedAt": or_null(moment("When the attempt ended.")),
}
WHOLE: dict[str, Schema] = {
    **ROW,
    "gate": or_null(ref("Gate")),
    "baseSha": or_null(commit("The commit that the work begins at.")),
    "headSha": or_null(commit("The newest commit of the branch.")),
    "pullRequest": or_null(ref("PullRequest")),
    "plan": or_null(ref("Plan")),
    "completedItems": many("Titles of the items that are done.", text("A title.")),
    "criteria": many("The acceptance criteria.", ref("Criterion")),
    "checks": ref("Checks"),
    "review": or_null(ref("Review")),
    "vexReview": or_null(ref("VexReview")),
    "stations": many("The stations of this attempt, in order.", ref("StationRun")),
    "artifacts": many("The newest hundred; all are at `links.artifacts`.", ref("Artifact")),
    "halted": or_null(ref("Halt")),
}
DONE: dict[str, Schema] = {
    "ok": flag("Always true."),
    "message": text("What was done, in one sentence."),
    **WHOLE,
}
ACCEPTED = record(
    "The answer to an order.",
    ok=flag("Always true."),
    jobId=text("The job's name."),
    mode=one_of("`queued` with a `queueName`, for the night's window.", ("immediate", "queued")),
    message=text("The old system's sentence."),
    status=one_of("Where it stands.", STATUSES),
    scheduledFor=or_null(moment("When it starts, if not now.")),
    links=ref("Links"),
)
JOB_PAGE = record(
    "A page of jobs, the newest first.",
    jobs=many("At most `limit`.", ref("JobRow")),
    next=or_null(address("The next page; null on the last one.")),
    halted=or_null(ref("Halt")),
)
ARTIFACT_PAGE = record(
    "A page of artifacts, the newest first.",
    artifacts=many("At most `limit`.", ref("Artifact")),
    next=or_null(address("The next page; null on the last one.")),
)

COMPONENTS: dict[str, Schema] = {
    "Budget": BUDGET,
    "JobError": JOB_ERROR,
    "GateRow": GATE_ROW,
    "Gate": GATE,
    "Halt": HALT,
    "Links": LINKS,
    "JobRow": record("A job as a row of a list.", ROW),
    "Job": record("A job, as this caller sees it.", WHOLE),
    "JobDone": record("What was done, and the job as it is now.", DONE),
    "Accepted": ACCEPTED,
    "JobPage": JOB_PAGE,
    "ArtifactPage": ARTIFACT_PAGE,
}
