"""What stations left behind, as objects: plan, criteria, checks, review, timeline, artifacts."""

from typing import get_args

from builds.api.described.shapes import (
    SHA256,
    Schema,
    address,
    commit,
    flag,
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
from builds.evidence import SEVERITIES, CheckOutcome, ItemStatus, Recommendation, TestStatus
from builds.models import JobCriterion
from builds.pipeline import STATIONS
from builds.states import StationStatus

FINDING = record(
    "One thing that a rule or a reviewer noticed, at a line of the change.",
    rule=text("The rule's name."),
    reason=text("Why it matters, in one sentence."),
    severity=one_of("High asks a reviewer, critical another reviewer.", SEVERITIES),
    path=text("The file, from the repository's root; empty for the whole change."),
    line=whole("The line in the new file, from 1; 0 is the whole file."),
    text=text("The marked line itself."),
)
PLAN_ITEM = record(
    "One small planned change.",
    key=text("Its name within the plan.", example="item-1"),
    title=text("What changes."),
    why=or_null(text("What for.")),
    criteria=or_null(many("The criteria that it serves.", whole("A criterion's id.", least=1))),
    paths=or_null(many("Globs of the paths that it may touch.", text("A glob."))),
    check=or_null(text("The check that proves it.")),
    depends=or_null(many("Items that come first.", text("An item's key."))),
    risk=or_null(one_of("How risky the plan thinks it is.", SEVERITIES)),
    origin=or_null(
        one_of("What asked for it: repairs come from verify and review.", ("plan", "verify", "review"))
    ),
    status=one_of("How far it is.", get_args(ItemStatus)),
    summary=or_null(text("What was done, in the model's words.")),
    failure=or_null(text("Why it failed, as a code.")),
)
QUOTE = record(
    "What the rest will probably take. An estimate, never a promise.",
    lowUsd=text("Dollars, as a decimal.", example="0.10"),
    highUsd=text("Dollars, as a decimal.", example="0.40"),
    lowMinutes=whole("Minutes."),
    highMinutes=whole("Minutes."),
    basis=text("What it rests on."),
)
PLAN = record(
    "What is going to change, in order.",
    sha=text("What an approval of the plan is bound to.", pattern=SHA256),
    summary=text("The plan in a few sentences."),
    items=many("The work items, repairs among them.", ref("PlanItem")),
    leftOut=many(
        "Criteria that the plan does not serve.",
        record("One of them.", id=whole("The criterion.", least=1), why=text("Why not.")),
    ),
    quote=or_null(ref("Quote")),
)
CRITERION = record(
    "One acceptance criterion of the spec.",
    id=whole("Its number.", least=1),
    text=text("As the spec has it."),
    status=one_of(
        "`met` only with a check that ran on exactly the tree of the pull request.", JobCriterion.Status
    ),
    evidence=or_null(text("What shows it.")),
    proposed=flag("The plan proposed it, because the spec has none; a person has to accept it."),
)
CHECK = record(
    "One run of a check of the repository.",
    check=text("Its name.", example="pytest"),
    outcome=one_of(
        "A run without tests, without its command or out of time is `not_verified`.", get_args(CheckOutcome)
    ),
    reason=or_null(text("Why it is not verified.")),
    exitCode=or_null({"type": "integer", "description": "Of the command."}),
    seconds=number("How long it took."),
    tests=record("How many tests.", {word: whole(f"Tests that {word}.") for word in get_args(TestStatus)}),
    treeSha=commit("The git tree that it ran on."),
)
CHECKS = record(
    "The newest run of each check.",
    before=many("On the base commit.", ref("Check")),
    after=many("On exactly the tree that the job holds now.", ref("Check")),
)
REVIEW = record(
    "What the second model says about the present tree.",
    verdict=one_of("`not_run` is said, never hidden.", ("approve", "changes", "not_run")),
    summary=text("In a few sentences."),
    model=or_null(text("Which model.")),
    treeSha=commit("The git tree that it saw."),
    findings=many("At most five, on changed lines.", ref("Finding")),
)
VEX_REVIEW = record(
    "The review in the three words of the old system.",
    riskLevel=one_of("The highest risk seen.", SEVERITIES),
    recommendation=one_of("What to do.", get_args(Recommendation)),
    flaggedCount=whole("How many findings."),
)
STATION_RUN = record(
    "One station of the present attempt. All are there from the start.",
    station=one_of("Its name.", STATIONS),
    status=one_of("Where it stands.", StationStatus),
    note=or_null(text("One line for people.")),
    tries=whole("How often it was begun."),
    startedAt=or_null(moment("When it began.")),
    finishedAt=or_null(moment("When it ended.")),
    durationMs=or_null(whole("Milliseconds.")),
    cost=number("Dollars."),
    tokens=whole("Tokens of all its model calls."),
)
ARTIFACT = record(
    "What is kept of a job.",
    id=whole("Its number.", least=1),
    attempt=whole("Of which attempt.", least=1),
    station=or_null(text("Which station made it.")),
    kind=text("What it is.", example="review"),
    name=text("A file name.", example="review.md"),
    size=whole("Bytes."),
    sha256=text("Of the bytes; also their `ETag`.", pattern=SHA256),
    mediaType=text("Their type.", example="text/markdown; charset=utf-8"),
    createdAt=moment("When it was kept."),
    url=address("Where the bytes are."),
)

COMPONENTS: dict[str, Schema] = {
    "Finding": FINDING,
    "PlanItem": PLAN_ITEM,
    "Quote": QUOTE,
    "Plan": PLAN,
    "Criterion": CRITERION,
    "Check": CHECK,
    "Checks": CHECKS,
    "Review": REVIEW,
    "VexReview": VEX_REVIEW,
    "StationRun": STATION_RUN,
    "Artifact": ARTIFACT,
}
