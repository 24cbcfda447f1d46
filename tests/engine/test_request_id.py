"""The id of the request that ordered a build goes with every call that is made because of it."""

import pickle

import django_rq
import pytest
import redis
import structlog
from django.conf import settings
from pytest_httpserver import HTTPServer
from werkzeug import Request as WebRequest
from werkzeug import Response

from builds.adapters.callback_memory import MemoryCallbackSender
from builds.adapters.forge_github_access import LeasedToken
from builds.adapters.model_openai import OpenAIModel
from builds.models import Job
from builds.ports import Message, Request
from builds.pulse import Pulse
from builds.queue import DOORBELL, QUEUE, DreamWorker
from builds.request_ids import current_request_id
from tests.callbacks.world import deliver_due, happen, told_job

ID = "story-000042"


def test_a_model_is_told_it(httpserver: HTTPServer) -> None:
    heard: list[str | None] = []

    def answer(request: WebRequest) -> Response:
        heard.append(request.headers.get("X-Client-Request-Id"))
        return Response('{"choices": [{"message": {"content": "Yes."}, "finish_reason": "stop"}]}')

    httpserver.expect_request("/v1/chat/completions").respond_with_handler(answer)
    model = OpenAIModel("sk-test", httpserver.url_for("/v1"))
    asked = Request(purpose="plan", model="a/b", messages=(Message(role="user", content="?"),), max_tokens=5)
    with structlog.contextvars.bound_contextvars(request_id=ID):
        model.complete(asked)
    model.complete(asked)
    assert heard == [ID, None]


def test_github_is_told_it() -> None:
    headers: dict[str, str] = {}
    with structlog.contextvars.bound_contextvars(request_id=ID):
        LeasedToken("t").authentication(headers)
    assert headers["X-Request-Id"] == ID


@pytest.mark.django_db
def test_a_receiver_is_told_it_beside_the_body() -> None:
    sender = MemoryCallbackSender()
    job = told_job()
    happen(job, "started")
    deliver_due(sender)
    assert sender.sent[0].headers["x-request-id"] == job.request_id == "r-1"


def test_a_thread_that_makes_a_call_knows_it(transactional_db: None) -> None:
    job = told_job()
    with structlog.contextvars.bound_contextvars(request_id=ID):
        pulse = Pulse(job, lease=settings.LEASE, call_deadline=settings.PORT_DEADLINE)
        assert pulse.call(current_request_id) == ID
        assert pulse.context.run(current_request_id) == ID


def test_what_is_no_doorbell_is_thrown_away_unread(
    transactional_db: None, redis_client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    queue = django_rq.get_queue(QUEUE)
    queue.enqueue("builtins.print", "run me")
    queue.enqueue(DOORBELL, "with an argument")
    broken = queue.enqueue(DOORBELL)
    redis_client.hset(broken.key, "data", pickle.dumps(("only", "three", ())))
    DreamWorker([queue], connection=queue.connection).work(burst=True, logging_level="WARNING")
    said = [record.msg["event"] for record in caplog.records if isinstance(record.msg, dict)]
    assert said == ["queue.message.invalid"] * 3
    assert queue.count == 0
    assert not redis_client.exists(queue.intermediate_queue_key)
    assert not Job.objects.exists()
