"""The routes of `/v1`: ping, repositories, and runs with what is done to them."""

from builds.api.described.builds_routes import CURSOR
from builds.api.described.examples import HASH
from builds.api.described.operation import Answer, Operation, in_header, in_query
from builds.api.described.shapes import flag, one_of, record, ref, text, whole
from builds.api.described.shared import REPO_ID, RUN_ID
from builds.api.v1 import repos, runs
from builds.api.v1.words import STATUSES

RUNS, REPOS = "Runs", "Repositories"
A_REPO = "repo_5bd1f1f6-8d0c-4a53-9d6c-1f0a0f0c7b11"
PONG = record("The token is sound.", ok=flag("Always true."), message=text("`pong`."))
KEY = in_header(
    "Idempotency-Key",
    text(
        "Chosen by the client; the same key with the same body is the same run.",
        minLength=1,
        maxLength=255,
        pattern=r"^[!-~]+$",
    ),
    required=True,
)


def limit(usual: int) -> dict[str, object]:
    """How many rows, with the usual number of this list."""
    return in_query("limit", whole("How many rows.", least=1, maximum=100, default=usual))


RUN_LIMIT = limit(runs.USUAL)
PING = Operation(
    id="ping",
    tag=RUNS,
    summary="Is the token sound?",
    about="It may be for anything.",
    answers={200: Answer(about="It is.", schema=PONG, example={"ok": True, "message": "pong"})},
)
ONE_REPO = Answer(about="The repository.", schema=ref("RepoFound"))
LIST_REPOS = Operation(
    id="listRepos",
    tag=REPOS,
    summary="List repositories",
    about="All that are registered, by owner and name. Follow `next` until it is null.",
    parameters=(limit(repos.USUAL), CURSOR),
    answers={200: Answer(about="A page.", schema=ref("RepoPage"), headers=("Link",))},
    problems=("invalid_cursor",),
)
REGISTER = Operation(
    id="registerRepo",
    tag=REPOS,
    summary="Register a repository",
    about="Builds work in registered repositories alone. Whether they can is looked at now and told in "
    "`access`; one that cannot be reached yet is registered all the same.",
    body="RepoWish",
    body_example={"owner": "acme", "name": "shop", "policy": {"max_dollars": 20}},
    answers={201: Answer(about="It is registered.", schema=ref("RepoFound"), headers=("Location",))},
    problems=("repo_exists",),
)
LOOK_AT_REPO = Operation(
    id="getRepo",
    tag=REPOS,
    summary="Look at a repository",
    parameters=(REPO_ID,),
    answers={200: ONE_REPO},
    problems=("repo_not_found",),
)
CHANGE_REPO = Operation(
    id="changeRepo",
    tag=REPOS,
    summary="Change a repository",
    about="What is sent is changed and nothing else; a policy key that is null goes back to its default. The "
    "repository is looked at again; `{}` does only that.",
    parameters=(REPO_ID,),
    body="RepoChange",
    body_required=False,
    body_example={"enabled": False},
    answers={200: ONE_REPO},
    problems=("repo_not_found",),
)

SEEN = {"parameters": {"run_id": "$response.body#/run/id"}}
AFTER_ORDER = {
    "look": {"operationId": "getRun", "description": "How it stands.", **SEEN},
    "cancel": {"operationId": "cancelRun", "description": "Stop it.", **SEEN},
}
ACCEPTED = Answer(
    about="It is stored and will be built.",
    schema=ref("RunAccepted"),
    headers=("Location",),
    links=AFTER_ORDER,
)
REPLAYED = Answer(
    about="An earlier request with this key and this body made the run.",
    schema=ref("RunAccepted"),
    headers=("Location", "Idempotent-Replayed"),
)
FILTERS = (
    in_query("status", one_of("Only these.", STATUSES)),
    in_query("repo", text("`owner/name`, whatever its case.", format="repo-name", maxLength=201)),
    in_query("repoId", text("The id of a repository.", format="repo-id")),
)
LIST = Operation(
    id="listRuns",
    tag=RUNS,
    summary="List runs",
    about="The runs that the caller may see, the newest first. Follow `next` until it is null.",
    parameters=(*FILTERS, RUN_LIMIT, CURSOR),
    answers={200: Answer(about="A page.", schema=ref("RunPage"), headers=("Link",))},
    problems=("invalid_cursor",),
)
ORDER = Operation(
    id="createRun",
    tag=RUNS,
    summary="Order a run",
    about="From an issue or a spec. The run is stored before the answer; the same key with another body is "
    "a 409, and runs nothing.",
    parameters=(KEY,),
    body="RunOrder",
    body_example={"repo": {"owner": "acme", "name": "shop"}, "issue": {"number": 12}, "prMode": "ready"},
    answers={202: ACCEPTED, 200: REPLAYED},
    problems=(
        *("token_not_for_this_job", "idempotency_key_reused", "repo_not_registered", "issue_unreadable"),
        *("model_not_priced", "endpoint_not_allowed", "budget_too_large", "quota_exceeded"),
    ),
)
LOOK = Operation(
    id="getRun",
    tag=RUNS,
    summary="Look at a run",
    about="The run, all its stations from the start, and its newest artifacts.",
    parameters=(RUN_ID,),
    answers={200: Answer(about="The run.", schema=ref("RunFound"))},
    problems=("run_not_found",),
)
CANCEL = Operation(
    id="cancelRun",
    tag=RUNS,
    summary="Stop a run",
    about="Once; one that has ended stays as it is. A running one ends within seconds.",
    parameters=(RUN_ID,),
    body="Reason",
    body_required=False,
    answers={200: Answer(about="The run as it is now.", schema=ref("RunDone"))},
    problems=("run_not_found", "may_not_decide", "wrong_state"),
)
RETRY = Operation(
    id="retryRun",
    tag=RUNS,
    summary="Start the next attempt",
    about="Of a run that failed or was canceled.",
    parameters=(RUN_ID,),
    body="Retry",
    body_required=False,
    body_example={"fromStation": "implement", "budget": {"maxDollars": 5}},
    answers={202: Answer(about="It is under way.", schema=ref("RunRetried"))},
    problems=(
        *("run_not_found", "may_not_decide", "wrong_state", "unknown_station", "pull_request_open"),
        "budget_too_large",
    ),
)
DECIDED = {
    202: Answer(about="It is decided; the run as it is now.", schema=ref("RunDone")),
    200: Answer(about="The same person gave the same answer before.", schema=ref("RunDone")),
}
DECIDING = (
    *("run_not_found", "may_not_decide", "not_paused", "content_changed", "already_decided", "wrong_state"),
    "content_hash_missing",
)
APPROVE = Operation(
    id="approveRun",
    tag=RUNS,
    summary="Say yes to a paused run",
    about="For exactly the content of `gate.contentHash`.",
    parameters=(RUN_ID,),
    body="Approval",
    body_example={"contentHash": HASH},
    answers=DECIDED,
    problems=DECIDING,
)
REJECT = Operation(
    id="rejectRun",
    tag=RUNS,
    summary="Say no to a paused run",
    about="The attempt fails with the code `rejected`; the next one reads the comment.",
    parameters=(RUN_ID,),
    body="Rejection",
    body_example={"contentHash": HASH, "comment": "Not like this."},
    answers=DECIDED,
    problems=(*DECIDING, "comment_missing"),
)

ROUTES = {
    "/v1/ping": {"get": PING},
    "/v1/repos": {"get": LIST_REPOS, "post": REGISTER},
    "/v1/repos/{repo_id}": {"get": LOOK_AT_REPO, "patch": CHANGE_REPO},
    "/v1/runs": {"get": LIST, "post": ORDER},
    "/v1/runs/{run_id}": {"get": LOOK},
    "/v1/runs/{run_id}/cancel": {"post": CANCEL},
    "/v1/runs/{run_id}/retry": {"post": RETRY},
    "/v1/runs/{run_id}/approve": {"post": APPROVE},
    "/v1/runs/{run_id}/reject": {"post": REJECT},
}
