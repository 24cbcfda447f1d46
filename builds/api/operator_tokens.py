"""Operator tokens at the door: one query tells whose a token is, what it is for, and what its owner may."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission, User
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from rest_framework.exceptions import AuthenticationFailed

from builds import token_text
from builds.models import OperatorToken
from builds.people import Person
from builds.scopes import BACKED_BY, Scope, level_of, widened
from builds.users import subject_of

USE_IS_KEPT = timedelta(minutes=1)
"""`last_used_at` is written at most so often: no write for every request."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """A sound token: its owner as far as the scopes go, scopes that the owner may not use, and its end."""

    person: Person
    prefix: str
    scopes: frozenset[Scope]
    unbacked: frozenset[Scope]
    expires: float


def held_by(token: str, address: str) -> Held:
    """Who holds a token. Raises AuthenticationFailed with what is wrong with it."""
    if not token_text.is_whole(token):
        raise AuthenticationFailed("Operator token is mistyped or cut off")
    row: Any = rows().filter(digest=token_text.digest(token)).first()
    if row is None:
        raise AuthenticationFailed("Unknown operator token")
    if refusal := why_not(row):
        raise AuthenticationFailed(refusal)
    if row.is_use_due:
        OperatorToken.objects.filter(pk=row.pk).update(last_used_at=Now())
    return held(row, address)


def rows() -> QuerySet[OperatorToken]:
    """Tokens with all that a request asks about them, on the database's clock."""
    ours = Permission.objects.filter(content_type__app_label="builds").order_by().values("codename")
    return OperatorToken.objects.select_related("owner__storia_subject").annotate(
        of_owner=ArraySubquery(ours.filter(user=OuterRef("owner"))),
        of_groups=ArraySubquery(ours.filter(group__user=OuterRef("owner"))),
        is_expired=truth(Q(expires_at__lte=Now())),
        is_use_due=truth(Q(last_used_at=None) | Q(last_used_at__lt=Now() - USE_IS_KEPT)),
    )


def truth(condition: Q) -> ExpressionWrapper:
    """A condition as a column."""
    return ExpressionWrapper(condition, output_field=BooleanField())


def why_not(row: Any) -> str:
    """What is wrong with a token that we made; empty when nothing is."""
    if row.revoked_at:
        return "Operator token was revoked"
    if row.is_expired:
        return "Operator token has expired"
    return "" if row.owner.is_active else "The owner of this operator token is not active"


def held(row: Any, address: str) -> Held:
    """The person flags need both: the scope, and the owner's permission."""
    owner: User = row.owner
    given = widened(scope for scope in BACKED_BY if scope in row.scopes)

    def may(codename: str) -> bool:
        return owner.is_superuser or codename in row.of_owner or codename in row.of_groups

    scopes = frozenset(s for s in given if not BACKED_BY[s] or any(may(each) for each in BACKED_BY[s]))
    person = Person(
        name=owner.get_username(),
        subject=subject_of(owner),
        level=level_of(scopes),
        reviews="builds:approve" in scopes and may("review_job"),
        operates="builds:operate" in scopes,
        audits=may("view_job") or may("review_job") or may("operate_job"),
        address=address,
    )
    return Held(
        person=person,
        prefix=row.prefix,
        scopes=scopes,
        unbacked=given - scopes,
        expires=row.expires_at.timestamp(),
    )
