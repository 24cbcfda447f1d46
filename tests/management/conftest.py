"""`manage.py dream` in this process, as one person or another; and the people who call it."""

import json
from dataclasses import dataclass
from typing import Any, Protocol

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command


@dataclass(frozen=True)
class Answer:
    """What a command left: its exit code, and what it printed where."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document that is all of stdout."""
        return json.loads(self.out)


class Dream(Protocol):
    """`dream` with arguments; `by` is who acts, nobody in particular when it is empty."""

    def __call__(self, *arguments: str, by: str = "alice") -> Answer: ...


@pytest.fixture
def dream(people: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> Dream:
    """Run a subcommand in this process."""

    def run(*arguments: str, by: str = "alice") -> Answer:
        code = 0
        try:
            call_command("dream", *(("--as", by) if by else ()), *arguments)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        printed = capsys.readouterr()
        return Answer(code, printed.out, printed.err)

    return run


@pytest.fixture
def people(db: None) -> dict[str, Any]:
    """Alice orders, Rita reviews, Olga operates, Vic may nothing, Ida has left."""
    return {
        "alice": user("alice", "add_job"),
        "rita": user("rita", "review_job"),
        "olga": user("olga", "operate_job", "add_repo"),
        "vic": user("vic"),
        "ida": user("ida", "add_job", is_active=False),
    }


def user(name: str, *permissions: str, **more: Any) -> Any:
    """A user without a password: hashing one takes half a second, and a terminal asks for none."""
    made = get_user_model().objects.create_user(name, **more)
    known = apps.get_model("auth.Permission").objects
    made.user_permissions.add(*known.filter(content_type__app_label="builds", codename__in=permissions))
    return made
