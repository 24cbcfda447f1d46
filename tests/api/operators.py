"""Tokens of operators for the tests of the doors, and clients that send them."""

from datetime import timedelta
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.utils import timezone

from builds import token_text
from tests.api.world import Api


def user(name: str, *permissions: str, **more: Any) -> Any:
    """A user with these permissions of ours; the same one when the name is known."""
    made, _ = get_user_model().objects.get_or_create(username=name, defaults=more)
    known = apps.get_model("auth.Permission").objects
    made.user_permissions.add(*known.filter(content_type__app_label="builds", codename__in=permissions))
    return made


def client_of(owner: Any, *scopes: str, days: int = 1) -> Api:
    """A client that sends a fresh token of a user, for these scopes, whatever the user may."""
    return Api(bearer=token_of(owner, *scopes, days=days)[1])


def token_of(owner: Any, *scopes: str, days: int = 1) -> tuple[Any, str]:
    """The row and the text of a token, made without asking whether its owner may use the scopes."""
    text = token_text.make()
    row = apps.get_model("builds.OperatorToken").objects.create(
        name="of a test",
        owner=owner,
        prefix=text[: token_text.SHOWN],
        digest=token_text.digest(text),
        scopes=list(scopes),
        created_by="tests",
        expires_at=timezone.now() + timedelta(days=days),
    )
    return row, text
