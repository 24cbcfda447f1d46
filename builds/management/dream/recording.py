"""`dream record`: what the models answered in a job, as a session that the scripted model can replay."""

import sys

from django.core.management.base import CommandParser

from builds.coding.untrusted import clean
from builds.management.dream.subcommand import Call, Subcommand, job_argument
from builds.models import Job, ModelCall
from builds.operations import find
from builds.ports import Reply
from builds.refusals import NotDone
from builds.sessions import ScriptedTurn, Session
from builds.values import load


class NothingAnswered(NotDone):
    """No model has answered yet."""

    code = "nothing_answered"


def arguments(parser: CommandParser) -> None:
    """One job."""
    job_argument(parser)


def run(call: Call) -> int:
    """The session on stdout, and nothing else."""
    job = find(call.options.job, call.by)
    found = recorded(job)
    if not found.turn:
        raise NothingAnswered(f"No model has answered in {job.job_id} yet, so there is nothing to record.")
    sys.stdout.buffer.write(found.as_toml().encode())
    return 0


def recorded(job: Job) -> Session:
    """The last answer to each turn, in the order of the first ones.

    An attempt that goes on from an earlier one's plan and items needs their turns too, so all attempts count.
    """
    turns: dict[tuple[str, str, int], ScriptedTurn] = {}
    for row in job.model_calls.filter(state=ModelCall.State.ANSWERED).order_by("id"):
        turn = ScriptedTurn.of(load(Reply, row.reply), purpose=row.purpose, item=row.item, turn=row.turn)
        turns[turn.key] = turn
    return Session(match=known_by(job), turn=tuple(turns.values()))


def known_by(job: Job) -> str:
    """The first line of the spec as models are shown it, which tells the job's requests from others."""
    lines = (line.lstrip("# ").strip() for line in clean(job.spec.markdown).splitlines())
    return next(filter(None, lines), "")


SUBCOMMAND = Subcommand(
    name="record",
    help="Print a job's answers, as a session to replay.",
    about="Print what the models answered in a job, as a session (TOML) that the scripted model replays: put "
    "it into the folder of DREAM_SCRIPTED_SESSIONS. Prompts are not in it; read it before you share it, for "
    "it holds the code that was written.",
    examples=("dream record dark-mode-3f0c1a2b > dark-mode.toml",),
    arguments=arguments,
    run=run,
)
