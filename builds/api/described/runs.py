"""The run as an object of `/v1`: the same rows as a job, in the words of the old run factory."""

from builds.api.described.jobs import ACTIONS
from builds.api.described.shapes import (
    SHA256,
    Schema,
    address,
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
from builds.api.v1.orders import MODES
from builds.api.v1.words import STATUSES
from builds.pipeline import STATIONS
from builds.states import StationStatus

RUN_ACTIONS = tuple("retry" if action == "rerun" else action for action in ACTIONS)
REPO_NAME = record("The repository.", owner=text("Its owner."), name=text("Its name."))
ROW: dict[str, Schema] = {
    "id": text("The run's name; the same as `jobId` at the other door.", example="run_0b9ad9b0"),
    "repoId": text("The id of the repository."),
    "repo": REPO_NAME,
    "issueNumber": or_null(whole("The issue that it was made from.", least=1)),
    "title": text("The title of the spec or of the issue."),
    "goal": or_null(text("As it was posted.")),
    "status": one_of("Where it stands.", STATUSES),
    "currentStation": or_null(one_of("Where it is, or where it failed.", STATIONS)),
    "requestor": text("Whose run it is."),
    "baseBranch": text("Where the work begins."),
    "workBranch": or_null(text("The run's own branch.")),
    "prMode": one_of("How the pull request is opened at best.", MODES),
    "prUrl": or_null(address("The pull request.")),
    "prNumber": or_null(whole("Its number.", least=1)),
    "attempt": whole("The number of the present attempt.", least=1),
    "tokensUsed": whole("Tokens of all model calls."),
    "costEstimate": number("Dollars spent."),
    "budget": ref("Budget"),
    "waitReason": or_null(text("Why it waits, for people.")),
    "scheduledFor": or_null(moment("When a waiting run goes on.")),
    "createdAt": moment("When it was ordered."),
    "startedAt": or_null(moment("When a worker first took it.")),
    "finishedAt": or_null(moment("When the attempt ended.")),
    "failureReason": or_null(text("Why it failed, in one sentence.")),
    "error": or_null(ref("JobError")),
    "links": record(
        "Absolute addresses.",
        self=address("The run."),
        events=address("What happened to it."),
        job=address("The same at the other door."),
    ),
}
RUN_STATION = record(
    "One station of the present attempt. All are there from the start.",
    id=text("Made of the run's name and the station's."),
    runId=text("The run."),
    station=one_of("Its name.", STATIONS),
    status=one_of("Where it stands.", StationStatus),
    startedAt=or_null(moment("When it began.")),
    finishedAt=or_null(moment("When it ended.")),
    durationMs=or_null(whole("Milliseconds.")),
    tries=whole("How often it was begun."),
    cost=number("Dollars."),
    tokens=whole("Tokens of all its model calls."),
    summary=or_null(text("One line for people.")),
)
ARTIFACT: dict[str, Schema] = {
    "id": text("Its id.", example="artifact_7"),
    "runId": text("The run."),
    "type": text("What it is.", example="review"),
    "name": text("A file name.", example="review.md"),
    "station": or_null(text("Which station made it.")),
    "attempt": whole("Of which attempt.", least=1),
    "storage": one_of("`inline` has a payload; of `store` only `url` has the bytes.", ("inline", "store")),
    "size": whole("Bytes."),
    "sha256": text("Of the bytes.", pattern=SHA256),
    "mediaType": text("Their type.", example="text/markdown; charset=utf-8"),
    "createdAt": moment("When it was kept."),
    "url": address("Where the bytes are."),
}
PAYLOAD: Schema = {
    "description": "JSON as such, other text as a string, null where only `url` has the bytes."
}
IDEMPOTENCY = record(
    "How the key was taken.",
    key=text("The `Idempotency-Key`, without spaces around it."),
    replayed=flag("An earlier request with this key made the run."),
    status=one_of("Always `succeeded`.", ("succeeded",)),
    requeued=flag("Always false: no queue that could be lost is between a run and its work."),
)

COMPONENTS: dict[str, Schema] = {
    "RunRow": record("A run as a row of a list.", ROW),
    "Run": record(
        "A run, as this caller sees it.",
        ROW,
        gate=or_null(ref("Gate")),
        actions=many("What this caller may do now.", one_of("An action.", RUN_ACTIONS)),
    ),
    "RunStation": RUN_STATION,
    "RunArtifact": record("What is kept of a run.", ARTIFACT),
    "RunArtifactFound": record(
        "An artifact with what it holds.",
        artifact=record("The artifact.", ARTIFACT, payload=PAYLOAD),
    ),
    "RunPage": record(
        "A page of runs, the newest first.",
        runs=many("At most `limit`.", ref("RunRow")),
        next=or_null(address("The next page; null on the last one.")),
    ),
    "RunArtifactPage": record(
        "A page of artifacts, the newest first.",
        artifacts=many("At most `limit`.", ref("RunArtifact")),
        next=or_null(address("The next page; null on the last one.")),
    ),
    "RunAccepted": record("The answer to an order.", run=ref("RunRow"), idempotency=IDEMPOTENCY),
    "RunFound": record(
        "A run with all that belongs to it.",
        run=ref("Run"),
        stations=many("The stations of this attempt, in order.", ref("RunStation")),
        artifacts=many("The newest hundred.", ref("RunArtifact")),
    ),
    "RunDone": record("What was done, and the run as it is now.", run=ref("Run")),
    "RunRetried": record(
        "The run in its next attempt.",
        run=ref("Run"),
        retriedFromRunId=text("The same run: an attempt is no run of its own."),
        attempt=whole("The number of the attempt.", least=2),
    ),
}
