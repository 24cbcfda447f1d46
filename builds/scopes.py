"""What a caller may use the API for: the words, what each includes, and what a trust level comes with."""

from collections.abc import Iterable
from typing import Literal, get_args

Scope = Literal[
    "builds:read",
    "builds:write",
    "builds:deploy",
    "builds:approve",
    "builds:operate",
    "repos:read",
    "repos:write",
    "metrics:read",
]
SCOPES: tuple[Scope, ...] = get_args(Scope)

INCLUDES: dict[Scope, tuple[Scope, ...]] = {
    "builds:write": ("builds:read",),
    "builds:deploy": ("builds:write", "builds:read"),
    "builds:approve": ("builds:read",),  # nobody answers for content that they may not see
    "builds:operate": ("builds:read",),
    "repos:write": ("repos:read",),
}
"""Scope → what it comes with: who changes something is shown what it became."""

BACKED_BY: dict[Scope, tuple[str, ...]] = {
    "builds:read": (),
    "builds:write": ("add_job",),
    "builds:deploy": ("deploy_job",),
    "builds:approve": (),  # a question for the requester; any other wants `review_job` as well
    "builds:operate": ("operate_job",),
    "repos:read": ("view_repo", "add_job"),
    "repos:write": ("change_repo",),
    "metrics:read": ("view_job",),
}
"""Scope → permissions of `builds` of which the owner of a token needs one."""

READER: tuple[Scope, ...] = ("builds:read", "repos:read")
BUILDER: tuple[Scope, ...] = (*READER, "builds:write", "builds:approve")
BY_LEVEL: dict[str, frozenset[Scope]] = {
    "observer": frozenset(READER),
    "planner": frozenset(READER),
    "builder": frozenset(BUILDER),
    "shipper": frozenset((*BUILDER, "builds:deploy")),
}
"""Trust level of a signed claim → scopes. What is for operators alone is in none of them."""


DECIDE: tuple[Scope, ...] = ("builds:approve",)
STEER: tuple[Scope, ...] = ("builds:write", "builds:operate")
ACTIONS: dict[str, tuple[Scope, ...]] = {
    "approve": DECIDE,
    "reject": DECIDE,
    "cancel": STEER,
    "rerun": STEER,
    "run-now": STEER,
}
"""What can be done to a job → the scopes of which a caller needs one."""


def allowed(scopes: frozenset[Scope]) -> frozenset[str]:
    """The actions that a token with these scopes is for, whatever its owner may do with a job."""
    return frozenset(action for action, any_of in ACTIONS.items() if not scopes.isdisjoint(any_of))


def widened(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """The scopes and what they include."""
    given = frozenset(scopes)
    return given.union(*(INCLUDES.get(scope, ()) for scope in given))


def level_of(scopes: Iterable[Scope]) -> str:
    """The trust level that a token with these scopes counts as."""
    given = widened(scopes)
    if "builds:deploy" in given:
        return "shipper"
    return "builder" if "builds:write" in given else "observer"
