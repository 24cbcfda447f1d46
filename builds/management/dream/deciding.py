"""`dream approve` and `dream reject`: answers a paused job, for exactly the content that it shows."""

import re

from django.core.management.base import CommandParser

from builds.management.dream.subcommand import (
    Call,
    Subcommand,
    UsageError,
    job_argument,
    json_argument,
    watch_argument,
)
from builds.management.dream.watching import watch
from builds.management.job_pages import SHORT_HASH, command, show_question
from builds.management.terminal import print_json
from builds.models import Approval, Job
from builds.operations import approve, find, reject
from builds.public import detail
from builds.refusals import NotPaused

HEX = re.compile(rf"[0-9a-f]{{{SHORT_HASH},64}}")
HASH_HELP = (
    f"The hash of what you looked at, as `dream show` prints it; its first {SHORT_HASH} characters do."
)


def approve_arguments(parser: CommandParser) -> None:
    """The hash is asked for by `run`, which can show it."""
    job_argument(parser)
    parser.add_argument("--hash", metavar="H", help=HASH_HELP)
    parser.add_argument("-m", "--comment", default="", help="Why; it is kept, and told in the pull request.")
    watch_argument(parser)
    json_argument(parser)


def run_approve(call: Call) -> int:
    """Yes."""
    job = find(call.options.job, call.by)
    seen = job.last_sequence
    job = approve(
        job.job_id, by=call.by, content_hash=content_hash(call, job, "approve"), comment=call.options.comment
    )
    if call.options.watch:
        return watch(call, job, after=seen)
    return tell(call, job, f"{call.by.name} approved {job.station} of {job.job_id}; the build goes on.")


def reject_arguments(parser: CommandParser) -> None:
    """A no has to say why."""
    job_argument(parser)
    parser.add_argument("--hash", metavar="H", help=HASH_HELP)
    parser.add_argument(
        "-m", "--comment", required=True, metavar="WHY", help="Why not; the requester is told."
    )
    json_argument(parser)


def run_reject(call: Call) -> int:
    """No."""
    job = find(call.options.job, call.by)
    job = reject(
        job.job_id, by=call.by, content_hash=content_hash(call, job, "reject"), comment=call.options.comment
    )
    return tell(call, job, f"{call.by.name} rejected {job.job_id}; it has ended and nothing is pushed.")


def tell(call: Call, job: Job, sentence: str) -> int:
    """What was done."""
    if call.options.json:
        print_json(detail(job, call.by))
    else:
        call.out.print(sentence)
    return 0


def content_hash(call: Call, job: Job, verb: str) -> str:
    """The whole hash that was meant. Raises UsageError, after showing the question, when none was given."""
    asked = job.approvals.filter(attempt=job.attempt).order_by("-id").first()
    given = (call.options.hash or "").strip().lower().removeprefix("sha256:")
    if not given:
        if asked is None or asked.state != Approval.State.OPEN:
            raise NotPaused(f"{job.job_id} asks no question now; it is {job.status}.")
        show_question(call.notes, asked)
        again = command(verb, job.job_id, "--hash", asked.content_hash[:SHORT_HASH])
        raise UsageError(f"An answer names the content it is for. When you have looked at it: {again}")
    if not HEX.fullmatch(given):
        raise UsageError(f"--hash takes {SHORT_HASH} to 64 characters of the hash that `dream show` prints.")
    return asked.content_hash if asked and asked.content_hash.startswith(given) else given


APPROVE = Subcommand(
    name="approve",
    help="Say yes to a paused job, for exactly the content it shows.",
    about="Say yes to a paused job. The answer is bound to the content by its hash: when that has changed "
    "since you looked, nothing happens. Without --hash the question and its hash are shown.",
    examples=("dream approve drop-fax-3f0c1a2b --hash 9b0d5c1e77aa -m 'There is a backup.' --watch",),
    arguments=approve_arguments,
    run=run_approve,
)
REJECT = Subcommand(
    name="reject",
    help="Say no to a paused job, and why.",
    about="Say no to a paused job. It ends as rejected, nothing is pushed, and the requester is told why.",
    examples=("dream reject drop-fax-3f0c1a2b --hash 9b0d5c1e77aa -m 'Marketing still needs the numbers.'",),
    arguments=reject_arguments,
    run=run_reject,
)
