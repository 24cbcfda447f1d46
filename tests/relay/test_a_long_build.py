"""A whole build of 37 answers over HTTP: streams, tools, mistakes, a review that sends back, a green request.

The answers in `session.toml` were written turn by turn while the build waited for each: from the prompts
alone, as they came over the wire, with prose and with the mistakes that happened. The writer's and the
reviewer's are two voices of one person, who also wrote this test. `manage.py dream record` made the file.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from pydantic import TypeAdapter
from pytest_httpserver import HTTPServer

from builds.models import Job
from builds.sessions import ScriptedTurn, Session
from tests.relay.endpoint import Relay
from tests.relay.files import HERE
from tests.relay.larder import LARDER, WRITER, make_larder, submit
from tests.world import World

pytestmark = pytest.mark.campaign

SESSION = Session.read(HERE / "session.toml")
ITEMS = ["1", "2", "3", "4", "5", "6", "review-1-1"]
MISTAKES = (
    "AssertionError: '250.00' != '250'",
    "NameError: name 'age' is not defined",
    "No tool was called in this answer",
    "Your answer was cut off at the output limit.",
    "It seems applied already.",
    "would have a syntax error at line 18",
    "Not done: `old` is not in larder/cli.py. The nearest lines are:",
)
"""What the writer was told on the way, each once at least."""

Built = tuple[World, Relay, Job]


def answer(number: int, _: dict[str, Any]) -> ScriptedTurn:
    """The answers in the order in which they were written."""
    return SESSION.turn[number - 1]


@pytest.fixture
def build(transactional_db: None, tmp_path: Path, httpserver: HTTPServer) -> Callable[[], Built]:
    """Run the order against the relay."""

    def run() -> Built:
        relay = Relay(answer)
        httpserver.expect_request("/v1/chat/completions", method="POST").respond_with_handler(relay)
        world = make_larder(tmp_path, httpserver.url_for("/v1"))
        job = world.run(submit(world))
        httpserver.check_assertions()
        return world, relay, job

    return run


def check_result(world: World, job: Job) -> None:
    """Every item done, every criterion met, the request open and not a draft."""
    assert (job.status, job.error_code, job.error_message) == ("succeeded", "", "")
    assert list(job.work_items.values_list("key", "status")) == [(key, "done") for key in ITEMS]
    assert [criterion.status for criterion in job.criteria.all()] == ["met"] * 7
    assert job.review_returns == 1
    pull = world.forge.find_pull(LARDER, job.branch)
    assert pull is not None
    assert (pull.head_sha, pull.draft, pull.state) == (job.head_sha, False, "open")


def check_requests(relay: Relay) -> None:
    """What strict endpoints insist on, and that every mistake was answered by what teaches."""
    assert len(relay.requests) == len(SESSION.turn) == 37
    adapter = TypeAdapter(CompletionCreateParamsStreaming)
    for body in relay.requests:
        assert list(adapter.validate_python(body)["messages"])
        assert body["messages"][0]["role"] == "system"
    told = [message["content"] for body in relay.requests for message in body["messages"]]
    assert [mistake for mistake in MISTAKES if not any(mistake in (text or "") for text in told)] == []


def test_a_long_build_ends_green_over_http(build: Callable[[], Built]) -> None:
    world, relay, job = build()
    check_result(world, job)
    check_requests(relay)
    calls = list(job.model_calls.all())
    assert {call.state for call in calls} == {"answered"}
    assert all(call.prompt_version and call.provider_request_id for call in calls)
    written = [call for call in calls if call.model == WRITER]
    share = sum(call.cached_tokens for call in written) / sum(call.input_tokens for call in written)
    assert share >= 0.8, f"only {share:.0%} of the writer's input tokens were in an unchanged prefix"
