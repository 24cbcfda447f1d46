"""The one place that asks whether a caller's token is for what a view does. The views say what that is.

A view declares `scopes`: method → the scope it needs, or several of which any one does:

    class Cancel(Door):
        scopes = {"POST": ("builds:write", "builds:operate")}

What is not declared is refused. Whose job it is and who may decide is asked by the operations, not here.
"""

from collections.abc import Mapping
from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from builds import refusals
from builds.api.auth import Caller
from builds.scopes import BACKED_BY, BY_LEVEL, Scope

Needed = Scope | tuple[Scope, ...]
Scopes = Mapping[str, Needed]


class Scoped(BasePermission):
    """Lets in who has a scope that the view declares for the method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Raises NotTrusted or ScopeMissing. A method that the view does not have is left to its 405."""
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method == "OPTIONS" or not hasattr(view, method.lower()):
            return True
        declared: Scopes = getattr(view, "scopes", {})
        if method not in declared or not isinstance(request.user, Caller):
            return False
        require(request.user, declared[method])
        return True


def require(caller: Caller, needed: Needed) -> None:
    """Raise NotTrusted or ScopeMissing unless the caller has the scope, or one of them.

    Also for views that are not REST framework's, which call it themselves.
    """
    any_of = (needed,) if isinstance(needed, str) else needed
    if caller.scopes.isdisjoint(any_of):
        raise refusal(caller, any_of)


def refusal(caller: Caller, any_of: tuple[Scope, ...]) -> refusals.NotDone:
    """Why not: a level that is too low in the words of the old system, anything else by the scope's name."""
    levels = [level for level, scopes in BY_LEVEL.items() if not scopes.isdisjoint(any_of)]
    if not caller.token and levels:
        required = " or ".join(levels)
        return refusals.NotTrusted(f"Insufficient trust level: {caller.person.level}. Required: {required}")
    wanted = " or ".join(any_of)
    if unbacked := sorted(caller.unbacked.intersection(any_of)):
        lacking = " or ".join(f"builds.{codename}" for codename in BACKED_BY[unbacked[0]])
        return refusals.ScopeMissing(
            f"The owner of this token may not use the scope {unbacked[0]}: it needs the permission {lacking}",
            any_of,
        )
    if not caller.token:
        return refusals.ScopeMissing(f"This needs an operator token with the scope {wanted}", any_of)
    return refusals.ScopeMissing(f"This token lacks the scope {wanted}", any_of)
