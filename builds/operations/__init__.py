"""What people can do. API, admin and command line call these, nothing else."""

from builds.operations.deciding import approve, reject
from builds.operations.looking import actions, can_decide, facts, find, owned, visible, visible_by_place
from builds.operations.steering import cancel, check_rerun, rerun
from builds.operations.submitting import Submitted, submit

__all__ = [
    "Submitted",
    "actions",
    "approve",
    "can_decide",
    "cancel",
    "check_rerun",
    "facts",
    "find",
    "owned",
    "reject",
    "rerun",
    "submit",
    "visible",
    "visible_by_place",
]
