"""Whatever a signed delivery holds, it is heard or ignored, and never a fault of ours."""

import json
from typing import Any

import pytest
from django.conf import LazySettings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builds.models import Job
from tests import factories
from tests.api import github_deliveries as github
from tests.api.github_deliveries import SECRET, send

pytestmark = pytest.mark.django_db
CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=CHECKS)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(autouse=True)
def opened(settings: LazySettings) -> Job:
    settings.GITHUB_WEBHOOK_SECRETS = (SECRET,)
    return factories.job(pr_number=7, branch=github.BRANCH, head_sha=github.HEAD, status="succeeded")


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where a payload holds something."""
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [path, *(place for key, member in members for place in places(member, (*path, key)))]


def with_other(payload: Any, place: tuple[Any, ...], value: Any) -> Any:
    """The payload with something else at one place."""
    if not place:
        return value
    copy = list(payload) if isinstance(payload, list) else dict(payload)
    copy[place[0]] = with_other(payload[place[0]], place[1:], value)
    return copy


@pytest.mark.parametrize("event", github.EVERY)
@SLOW
@given(data=st.data())
def test_a_delivery_with_anything_at_any_place(event: str, data: st.DataObject) -> None:
    payload = github.EVERY[event]()
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places(payload)[1:]))
        payload = with_other(payload, place, data.draw(VALUES))
    answer = send(event, json.dumps(payload).encode())
    assert answer.status_code == 202, answer.content
    assert "recorded" in answer.json() or "ignored" in answer.json()


@SLOW
@given(event=st.sampled_from([*github.EVERY, "star"]), body=VALUES.map(json.dumps) | st.text(max_size=60))
def test_any_body_at_all(event: str, body: str) -> None:
    answer = send(event, body.encode("utf-8", "surrogatepass"))
    assert answer.status_code in {202, 400}, answer.content
