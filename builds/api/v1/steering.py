"""The doors that stop a run and start its next attempt."""

from decimal import Decimal

from rest_framework.request import Request
from rest_framework.response import Response

from builds import operations, refusals
from builds.api.fields import Fields
from builds.api.v1.orders import read_budget
from builds.api.v1.runs import find_run, told
from builds.api.views import LONGEST_REASON, Door, body, person
from builds.scopes import STEER
from builds.states import JobStatus

NOT_NOW = "Only failed or canceled runs can be retried"


class Cancel(Door):
    """Stops a run, once."""

    scopes = {"POST": STEER}

    def post(self, request: Request, run_id: str) -> Response:
        """200 with the run; one that has ended stays as it is. A running one ends within seconds."""
        fields = Fields(body(request))
        reason = fields.text("reason", longest=LONGEST_REASON)
        fields.check()
        job = find_run(request, run_id)
        operations.owned(run_id, person(request))
        if not job.is_final:
            try:
                job = operations.cancel(run_id, by=person(request), reason=reason)
            except refusals.WrongState:
                job = find_run(request, run_id)  # it ended while we looked
                if not job.is_final:
                    raise
        return Response({"run": told(job, request)})


class Retry(Door):
    """Starts the next attempt of the same run."""

    scopes = {"POST": STEER}

    def post(self, request: Request, run_id: str) -> Response:
        """From where the attempt stopped, or from the station that is named."""
        fields = Fields(body(request))
        station = fields.text("fromStation", longest=20)
        reason = fields.text("reason", longest=LONGEST_REASON)
        dollars = read_dollars(fields)
        fields.check()
        job = find_run(request, run_id)
        operations.owned(run_id, person(request))
        if job.status not in {JobStatus.FAILED.value, JobStatus.CANCELED.value}:
            raise refusals.WrongState(NOT_NOW)
        job = operations.rerun(
            run_id, by=person(request), from_station=station, max_dollars=dollars, reason=reason
        )
        again = {"run": told(job, request), "retriedFromRunId": job.job_id, "attempt": job.attempt}
        return Response(again, status=202)


def read_dollars(fields: Fields) -> Decimal | None:
    """A new budget, as `{"budget": {"maxDollars": 5}}`; None keeps the one it has."""
    found = read_budget(fields)
    if found["max_tokens"] is not None:
        fields.flaw("budget/maxTokens", "A retry keeps its tokens; give maxDollars alone")
    dollars: Decimal | None = found["max_dollars"]
    return dollars
