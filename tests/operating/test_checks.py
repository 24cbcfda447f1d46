"""`check --deploy` is clean with the settings of a real installation, and says what is wrong with others."""

import secrets
from typing import Any

import pytest
from django.conf import LazySettings

from builds import checks
from tests.api.operators import user
from tests.conftest import RunManage

PRODUCTION = {
    "DJANGO_ALLOW_ASYNC_UNSAFE": "",  # the tests themselves need it
    "DREAM_PUBLIC_URL": "https://dream.example",
    "DREAM_HOSTS": "dream.example",
    "DREAM_SECRET_KEY": secrets.token_hex(32),
    "STORIA_MOLTWORKER_SECRET": secrets.token_hex(32),
    "DREAM_CALLBACK_SECRET": f"whsec_{secrets.token_hex(32)}",
    "REDIS_URL": f"rediss://:{secrets.token_hex(16)}@redis.example/0",
}


def test_a_real_installation_is_clean(run_manage: RunManage) -> None:
    ran = run_manage("check", "--deploy", "--fail-level", "WARNING", env=PRODUCTION)
    assert "WARNINGS" not in ran.stderr, ran.stderr
    assert ran.returncode == 0, ran.stderr


def test_one_that_is_not_is_told_what_to_mend(run_manage: RunManage) -> None:
    wrong = {"DREAM_SANDBOX": "none", "DREAM_ALLOW_SHARED_SECRET": "1", "DREAM_CALLBACK_INSECURE": "1"}
    short = {"STORIA_MOLTWORKER_SECRET": "short", "REDIS_URL": "redis://redis.example/0"}
    arguments = ("check", "--deploy", "--fail-level", "WARNING", "--database", "default")
    ran = run_manage(*arguments, env={**PRODUCTION, **wrong, **short})
    assert ran.returncode == 1
    told = {
        name for name in ("E001", "W002", "W003", "W005", "W006", "W007") if f"(builds.{name})" in ran.stderr
    }
    assert told == {"E001", "W002", "W003", "W005", "W006", "W007"}
    assert ran.stderr.count("HINT") >= 6


@pytest.mark.django_db
def test_somebody_has_to_be_able_to_answer() -> None:
    assert [each.id for each in checks.reviewers()] == ["builds.E001"]
    rita = user("rita", "review_job", is_active=False)
    assert [each.id for each in checks.reviewers()] == ["builds.E001"]
    rita.is_active = True
    rita.save()
    assert checks.reviewers() == []


@pytest.mark.parametrize("words", [["'self'", "'unsafe-inline'"], ["*"], []])
def test_a_loose_policy_is_an_error(settings: LazySettings, words: list[str]) -> None:
    directives: dict[str, Any] = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {**directives, "default-src": words}}
    assert [each.id for each in checks.content_security_policy()] == ["builds.E004"]


def test_rows_are_not_asked_for_before_there_are_tables() -> None:
    assert checks.people_of_an_installation(None) == []
