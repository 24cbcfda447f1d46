"""The routes for Storia: orders, lists, and a job as it stands."""

from builds.api.described.examples import ACCEPTED, JOB, ORDER
from builds.api.described.jobs import STATUSES
from builds.api.described.operation import Answer, Operation, in_header, in_query
from builds.api.described.shapes import flag, many, one_of, ref, text, whole
from builds.api.described.shared import JOB_ID

TAG = "Builds"
SEEN = {"parameters": {"job_id": "$response.body#/jobId"}}
AFTER_ORDER = {
    "look": {"operationId": "getJob", "description": "How it stands.", **SEEN},
    "cancel": {"operationId": "cancelJob", "description": "Stop it.", **SEEN},
    "runNow": {"operationId": "runJobNow", "description": "Start what waits.", **SEEN},
}
DECIDED = {"requestBody": {"contentHash": "$response.body#/gate/contentHash", "comment": "As shown."}}
AFTER_LOOK = {
    "approve": {"operationId": "approveJob", "description": "Say yes to `gate`.", **SEEN, **DECIDED},
    "reject": {"operationId": "rejectJob", "description": "Say no to `gate`.", **SEEN, **DECIDED},
    "cancel": {"operationId": "cancelJob", "description": "Stop it.", **SEEN},
    "rerun": {"operationId": "rerunJob", "description": "Start the next attempt.", **SEEN},
}
LIMIT = in_query("limit", whole("How many rows.", least=1, maximum=100, default=20))
CURSOR = in_query("cursor", text("Of `next`; only with the same filters and the same caller.", minLength=1))
IF_NONE_MATCH = in_header("If-None-Match", text("An `ETag`; 304 when nothing has changed since."))
IF_MATCH = in_header("If-Match", text("An `ETag`; 412 when something has changed since."))
FILTERS = (
    in_query(
        "status",
        many("Any of these; several times, or with commas.", one_of("A status.", STATUSES), minItems=1),
        style="form",
        explode=True,
    ),
    in_query("repo", text("`owner/name`.", format="repo-name", maxLength=201)),
    in_query("userId", text("Whose jobs.", minLength=1, maxLength=200)),
    in_query("since", text("Made at or after this moment, with a zone.", format="date-time", maxLength=40)),
    in_query("awaitingMe", flag("Only those whose question the caller may answer.")),
)

SUBMIT = Operation(
    id="submitJob",
    tag=TAG,
    summary="Order a build",
    about="The job is stored before the answer. The same `jobId` with the same body is answered alike and "
    "runs nothing twice; with another body it is a 409. A `trustLevel` in the body is ignored: the token's "
    "counts.",
    body="Order",
    body_example=ORDER,
    answers={
        202: Answer(
            about="It is stored and will be built.",
            schema=ref("Accepted"),
            headers=("Location",),
            example=ACCEPTED,
            links=AFTER_ORDER,
        ),
        200: Answer(
            about="It was stored before, by the same body; the answer is the same.",
            schema=ref("Accepted"),
            headers=("Location", "Idempotent-Replayed"),
            example=ACCEPTED,
        ),
    },
    problems=(
        *("token_not_for_this_job", "job_id_reused", "repo_not_registered", "model_not_priced"),
        *("endpoint_not_allowed", "budget_too_large", "quota_exceeded"),
    ),
)
LIST = Operation(
    id="listJobs",
    tag=TAG,
    summary="List jobs",
    about="The jobs that the caller may see, the newest first. Follow `next` until it is null.",
    parameters=(*FILTERS, LIMIT, CURSOR),
    answers={200: Answer(about="A page.", schema=ref("JobPage"), headers=("Link",))},
    problems=("invalid_cursor",),
)
LOOK = Operation(
    id="getJob",
    tag=TAG,
    summary="Look at a job",
    about="Everything about it, as this caller sees it. `Retry-After` says when looking again is worth it, "
    "while it is not final; with `If-None-Match` an unchanged job costs nothing.",
    parameters=(JOB_ID, IF_NONE_MATCH, IF_MATCH),
    answers={
        200: Answer(
            about="The job.",
            schema=ref("Job"),
            headers=("ETag", "Retry-After"),
            example=JOB,
            links=AFTER_LOOK,
        ),
        304: Answer(about="Nothing has changed.", headers=("ETag", "Retry-After")),
    },
    problems=("job_not_found", "precondition_failed"),
)
ROUTES = {
    "/api/dream-build": {"get": LIST, "post": SUBMIT},
    "/api/dream-build/{job_id}": {"get": LOOK},
}
