"""What people can do. API, admin and command line call these, nothing else."""

from builds.operations.deciding import approve, reject
from builds.operations.halting import halt, resume
from builds.operations.hearing import Ignored, Taken, hear
from builds.operations.issues import issue_spec
from builds.operations.keyed import Key, kept_run, submit_once
from builds.operations.looking import (
    actions,
    actions_with,
    can_decide,
    facts,
    find,
    open_question,
    owned,
    visible,
    visible_by_place,
)
from builds.operations.replaying import dead_letters, replay
from builds.operations.repos import change, register, repo_named
from builds.operations.rerunning import check_rerun, rerun
from builds.operations.spending import Line, Spending, spending
from builds.operations.steering import cancel, run_now
from builds.operations.submitting import Submitted, submit
from builds.operations.tokens import Wish, make_token, revoke_token, tokens_for

__all__ = [
    "Key",
    "Ignored",
    "Line",
    "Spending",
    "Submitted",
    "Taken",
    "Wish",
    "actions",
    "actions_with",
    "approve",
    "can_decide",
    "cancel",
    "change",
    "check_rerun",
    "dead_letters",
    "facts",
    "find",
    "halt",
    "issue_spec",
    "kept_run",
    "hear",
    "make_token",
    "open_question",
    "owned",
    "register",
    "reject",
    "replay",
    "repo_named",
    "rerun",
    "resume",
    "revoke_token",
    "run_now",
    "spending",
    "submit",
    "submit_once",
    "tokens_for",
    "visible",
    "visible_by_place",
]
