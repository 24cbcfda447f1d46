"""The doors that answer a paused run's question, for exactly the content that was shown."""

from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from builds import operations
from builds.api.fields import Fields
from builds.api.v1.runs import find_run, told
from builds.api.views import Door, answered_before, body, person
from builds.models import Approval, Job
from builds.scopes import DECIDE

LONGEST_COMMENT = 4000


class Decision(Door):
    """What a yes and a no share."""

    scopes = {"POST": DECIDE}
    answer: ClassVar[Approval.State]

    def post(self, request: Request, run_id: str) -> Response:
        """202, or 200 when the same person already gave the same answer. Without a hash it is 428."""
        fields = Fields(body(request))
        content_hash = fields.text("contentHash", longest=64)
        comment = fields.text("comment", longest=LONGEST_COMMENT)
        fields.check()
        find_run(request, run_id)
        before = answered_before(request, run_id, content_hash, self.answer)
        job = self.decide(run_id, request, content_hash, comment)
        return Response({"run": told(job, request)}, status=200 if before else 202)

    def decide(self, run_id: str, request: Request, content_hash: str, comment: str) -> Job:
        """Say it."""
        says = operations.approve if self.answer == Approval.State.APPROVED else operations.reject
        return says(run_id, by=person(request), content_hash=content_hash, comment=comment)


class Approve(Decision):
    """Says yes to a paused run."""

    answer = Approval.State.APPROVED


class Reject(Decision):
    """Says no to a paused run, and why."""

    answer = Approval.State.REJECTED
