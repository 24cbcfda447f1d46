"""Whatever is sent, the answer is a whole one: never a 500, and nothing stored unless it says so."""

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.api.orders import order
from tests.api.test_intake import MEMBERS, json_values
from tests.api.tokens import claims, raw
from tests.api.world import Api, stored

pytestmark = pytest.mark.django_db
RELAXED = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ACTIONS = (
    "",
    "/job-1",
    "/job-1/approve",
    "/job-1/reject",
    "/job-1/cancel",
    "/job-1/rerun",
    "/%F0%9F%A6%8E",
    "/%00",
)
NAMES = ("contentHash", "comment", "reason", "fromStation", "budget", *MEMBERS)


def is_whole(answer: Any) -> None:
    """An answer of ours, and no accident."""
    assert answer.status_code < 500, answer.content
    assert answer.headers["Content-Type"] in {"application/json", "application/problem+json"}
    assert answer.headers["X-Request-Id"]
    assert answer.json()


@RELAXED
@given(st.dictionaries(st.sampled_from(MEMBERS), json_values, max_size=5))
@example({"specMarkdown": "#" * 190_000})
@example({"metadata": {"a": -0.0, "b": 10**300}})
@example({"jobId": "\U0001f98e"})
def test_any_order_is_stored_or_refused(alice: Api, repo: Any, changes: dict[str, Any]) -> None:
    before = stored()
    answer = alice.post(body={**order(), **changes})
    is_whole(answer)
    if answer.status_code != 202:
        assert stored() == before


@RELAXED
@given(st.sampled_from(ACTIONS), st.binary(max_size=100) | json_values)
def test_any_body_at_any_door_gets_a_whole_answer(alice: Api, job: Any, action: str, body: Any) -> None:
    is_whole(alice.post(f"/dream-build{action}", body))


@RELAXED
@given(st.sampled_from(ACTIONS[2:6]), st.dictionaries(st.sampled_from(NAMES), json_values, max_size=3))
def test_any_wish_about_a_job_gets_a_whole_answer(
    alice: Api, paused: Any, action: str, body: dict[str, Any]
) -> None:
    is_whole(alice.post(f"/dream-build{action}", body))


@RELAXED
@given(
    st.dictionaries(
        st.sampled_from(["alg", "typ", "kid", "crit", "b64", "jwk", "zip"]), json_values, max_size=4
    ),
    st.dictionaries(st.sampled_from([*claims(), "nbf", "aud", "jti"]), json_values, max_size=4),
)
def test_any_token_gets_a_whole_answer(
    alice: Api, job: Any, header: dict[str, Any], changes: dict[str, Any]
) -> None:
    sent = raw({"alg": "HS256", **header}, {**claims(), **changes})
    answer = alice.get("/dream-build/job-1", Authorization=f"Bearer {sent}")
    is_whole(answer)
    assert answer.status_code in {200, 401, 404}


@RELAXED
@given(
    st.sampled_from(["Bearer ", "Bearer dream_", "bearer ", "Basic ", ""]),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=60),
)
@example("Bearer dream_", "0" * 5000)
def test_any_authorization_gets_a_whole_answer(alice: Api, job: Any, scheme: str, text: str) -> None:
    answer = alice.get("/dream-build/job-1", Authorization=f"{scheme}{text}")
    is_whole(answer)
    assert answer.status_code == 401
