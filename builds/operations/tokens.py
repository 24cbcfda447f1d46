"""Operator tokens: make one for oneself, revoke one, see which there are."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.db.models.functions import Now

from builds import token_text
from builds.models import OperatorToken
from builds.refusals import NotDone
from builds.scopes import BACKED_BY, SCOPES

DAYS, MOST_DAYS = 90, 366
LONGEST_NAME = 100


class NoToken(NotDone):
    """Such a token is not made, for the reason in the sentence."""

    code = "token_refused"


class NoSuchToken(NotDone):
    """There is no such token, or it is somebody else's."""

    code = "token_not_found"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A token that somebody wants. `days` until it expires."""

    name: str
    scopes: tuple[str, ...]
    days: int = DAYS


def make_token(wish: Wish, *, owner: User, by: User) -> tuple[OperatorToken, str]:
    """The row, and the token itself, which is told this once and kept nowhere. Raises NoToken."""
    if refusal := why_not(wish, owner, by):
        raise NoToken(refusal)
    token = token_text.make()
    row = OperatorToken.objects.create(
        name=wish.name.strip(),
        owner=owner,
        prefix=token[: token_text.SHOWN],
        digest=token_text.digest(token),
        scopes=[scope for scope in SCOPES if scope in wish.scopes],
        created_by=by.get_username(),
        expires_at=Now() + timedelta(days=wish.days),
    )
    row.refresh_from_db()
    return row, token


def why_not(wish: Wish, owner: User, by: User) -> str:
    """The sentence with which a token is refused; empty when it may be made."""
    unknown = sorted(set(wish.scopes) - set(SCOPES))
    if not wish.name.strip() or len(wish.name) > LONGEST_NAME or not wish.name.isprintable():
        return f"Give it a name of 1 to {LONGEST_NAME} printable characters that says what it is for."
    if unknown or not wish.scopes:
        told = f"There is no scope {unknown[0]}." if unknown else "Name at least one scope."
        return f"{told} Scopes are: {', '.join(SCOPES)}."
    if not 1 <= wish.days <= MOST_DAYS:
        return f"A token lasts between 1 and {MOST_DAYS} days."
    return why_not_for(owner, by) or why_not_with(wish, owner)


def why_not_for(owner: User, by: User) -> str:
    """A token acts as its owner: only a superuser, who could sign in as anybody, makes one for another."""
    if owner != by and not by.is_superuser:
        return "Only a superuser makes tokens for others."
    if not owner.is_active:
        return f"The user {owner.get_username()} is not active."
    if not by.has_perm("builds.add_operatortoken"):
        return f"{by.get_username()} may not make tokens: the permission builds.add_operatortoken is missing."
    return ""


def why_not_with(wish: Wish, owner: User) -> str:
    """A token can do no more than its owner, and one that could do nothing is a mistake."""
    for scope in SCOPES:
        needed = [f"builds.{codename}" for codename in BACKED_BY[scope]]
        if scope in wish.scopes and needed and not any(map(owner.has_perm, needed)):
            wanted = " or ".join(needed)
            return f"{owner.get_username()} may not use the scope {scope}: it needs the permission {wanted}."
    return ""


def tokens_for(user: User) -> QuerySet[OperatorToken]:
    """Those that somebody may know of: their own, or all for who may view them."""
    rows = OperatorToken.objects.select_related("owner")
    return rows if user.has_perm("builds.view_operatortoken") else rows.filter(owner=user)


def revoke_token(prefix: str, *, by: User) -> OperatorToken:
    """It opens nothing from now on. Revoking it again changes nothing. Raises NoSuchToken, NoToken."""
    row = tokens_for(by).filter(prefix=prefix[: token_text.SHOWN]).first()
    if row is None:
        raise NoSuchToken(f"There is no token {prefix[: token_text.SHOWN]}.")
    if row.owner != by and not by.has_perm("builds.operate_job"):
        raise NoToken("Only its owner or an operator revokes a token.")
    live = OperatorToken.objects.filter(pk=row.pk, revoked_at=None)
    live.update(revoked_at=Now(), revoked_by=by.get_username())
    row.refresh_from_db()
    return row
