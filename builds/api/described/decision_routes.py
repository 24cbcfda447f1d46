"""The routes that change a job: decisions, cancel, rerun, run-now."""

from builds.api.described.examples import DONE, HASH
from builds.api.described.operation import Answer, Operation
from builds.api.described.shapes import ref
from builds.api.described.shared import JOB_ID

TAG = "Decisions"
DONE_NOW = Answer(
    about="It is done, or under way; the job as it is now.", schema=ref("JobDone"), example=DONE
)
DONE_BEFORE = Answer(about="The same person gave the same answer before.", schema=ref("JobDone"))
DECIDING = (
    *("job_not_found", "may_not_decide", "not_paused", "content_changed", "already_decided"),
    *("wrong_state", "content_hash_missing"),
)
STEERING = ("job_not_found", "may_not_decide", "wrong_state")

APPROVE = Operation(
    id="approveJob",
    tag=TAG,
    summary="Say yes to a paused job",
    about="For exactly the content of `gate.contentHash`; the job goes on where it stopped and nothing is "
    "made anew.",
    parameters=(JOB_ID,),
    body="Approval",
    body_example={"contentHash": HASH, "comment": "The column is not used any more."},
    answers={202: DONE_NOW, 200: DONE_BEFORE},
    problems=DECIDING,
)
REJECT = Operation(
    id="rejectJob",
    tag=TAG,
    summary="Say no to a paused job",
    about="The attempt fails with the code `rejected`; the next one reads the comment.",
    parameters=(JOB_ID,),
    body="Rejection",
    body_example={"contentHash": HASH, "comment": "Keep the column."},
    answers={202: DONE_NOW, 200: DONE_BEFORE},
    problems=(*DECIDING, "comment_missing"),
)
CANCEL = Operation(
    id="cancelJob",
    tag=TAG,
    summary="Stop a job",
    about="At once where no worker has it, else within seconds by its worker. What was done is kept.",
    parameters=(JOB_ID,),
    body="Reason",
    body_required=False,
    body_example={"reason": "Not needed any more."},
    answers={202: DONE_NOW},
    problems=STEERING,
)
RERUN = Operation(
    id="rerunJob",
    tag=TAG,
    summary="Start the next attempt",
    about="Of a job that has ended, from a station or from where it stopped; what came before is kept.",
    parameters=(JOB_ID,),
    body="Rerun",
    body_required=False,
    body_example={"fromStation": "implement", "budget": {"maxDollars": 3.5}},
    answers={202: DONE_NOW},
    problems=(*STEERING, "unknown_station", "pull_request_open"),
)
RUN_NOW = Operation(
    id="runJobNow",
    tag=TAG,
    summary="Start a job that waits",
    about="Whatever clock it waits for: a window, a quota, its next try.",
    parameters=(JOB_ID,),
    body="Reason",
    body_required=False,
    body_example={"reason": "It is wanted this evening."},
    answers={202: DONE_NOW},
    problems=STEERING,
)

ROUTES = {
    "/api/dream-build/{job_id}/approve": {"post": APPROVE},
    "/api/dream-build/{job_id}/reject": {"post": REJECT},
    "/api/dream-build/{job_id}/cancel": {"post": CANCEL},
    "/api/dream-build/{job_id}/rerun": {"post": RERUN},
    "/api/dream-build/{job_id}/run-now": {"post": RUN_NOW},
}
