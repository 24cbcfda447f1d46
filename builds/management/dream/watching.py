"""`dream watch`: what happens to a job as it happens, until it has ended or asks a person."""

from django.core.management.base import CommandParser

from builds.management.dream.subcommand import Call, Subcommand, job_argument, json_argument
from builds.management.following import exit_code, follow, show_events, somebody_works
from builds.management.job_pages import show_ending
from builds.management.terminal import print_json
from builds.models import Event, Job
from builds.operations import facts, find
from builds.public import detail
from builds.public_results import moment


def arguments(parser: CommandParser) -> None:
    """One job."""
    job_argument(parser)
    json_argument(parser)


def run(call: Call) -> int:
    """From its first event on."""
    return watch(call, find(call.options.job, call.by))


def watch(call: Call, job: Job, *, after: int = 0) -> int:
    """Show the events after a number, then what it came to; the exit code says how it ended."""
    note_nobody_works(call, job)
    if call.options.json:
        events = [as_json(event) for event in follow(job, after=after)]
        print_json({**detail(job, call.by), "events": events})
        return exit_code(job)
    if not after:
        call.out.print(f"Job {job.job_id}: “{job.title}” for {job.repo}, at most ${job.max_dollars:.2f}")
    show_events(call.out, job, after=after)
    show_ending(call.out, job, facts(job), call.by)
    return exit_code(job)


def as_json(event: Event) -> dict[str, object]:
    """An event for programs."""
    return {
        "sequence": event.sequence,
        "attempt": event.attempt,
        "name": event.name,
        "station": event.station or None,
        "step": event.step or None,
        "message": event.message,
        "actor": event.actor or None,
        "at": moment(event.created_at),
    }


def note_nobody_works(call: Call, job: Job) -> None:
    """Waiting for a worker that nobody started looks like a fault of ours."""
    if job.is_active and job.status != "paused" and not somebody_works():
        call.notes.print("No worker runs, so nothing is built until one does. Start: python3 manage.py up")


SUBCOMMAND = Subcommand(
    name="watch",
    help="Show what happens to a job until it has ended or asks a person.",
    about="Show what happens to a job, from its first event on, until it has ended or asks a person. "
    "Ctrl-C stops the watching and not the job. With --json the document comes at the end, with all events.",
    examples=("dream watch dark-mode-3f0c1a2b",),
    arguments=arguments,
    run=run,
)
