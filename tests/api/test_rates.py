"""How many requests are taken: of a caller, of an address that fails; told in headers, never in the way."""

import re
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from dreamsite.counting import COUNTER, PAUSE, Counter
from dreamsite.env import BadSetting, Environment, Rate
from tests.api.operators import client_of, user
from tests.api.tokens import OTHER, token
from tests.api.world import Api, is_problem

pytestmark = pytest.mark.django_db
HOUR = 3600  # a window that hardly ever ends within a test


@pytest.fixture
def rates(doors: Any, redis_client: redis.Redis) -> Any:
    """The settings with three requests an hour, and nothing counted yet."""
    doors.API_RATE = doors.AUTH_FAILURE_RATE = Rate(most=3, seconds=HOUR)
    return doors


def look(api: Api) -> Any:
    """One request that is answered with 404."""
    return api.get("/dream-build/none")


def rate_of(answer: Any) -> tuple[int, int]:
    """What is left, and seconds to the end of the window, as the header says."""
    found = re.fullmatch(r'"\w+";r=(\d+);t=(\d+)', answer.headers["RateLimit"])
    assert found, answer.headers["RateLimit"]
    return int(found[1]), int(found[2])


class TestCallers:
    """Each has a count of its own."""

    def test_each_answer_says_what_is_left(self, rates: Any) -> None:
        answers = [look(Api()) for _ in range(3)]
        assert [rate_of(answer)[0] for answer in answers] == [2, 1, 0]
        assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"caller";q=3;w=3600'}
        assert all(0 < rate_of(answer)[1] <= HOUR for answer in answers)

    def test_one_too_many_is_told_when_to_come_again(self, rates: Any) -> None:
        for _ in range(3):
            look(Api())
        answer = look(Api())
        found = is_problem(answer, 429, "throttled")
        assert found["detail"].startswith("Too many requests: at most 3 in 3600 s are taken.")
        assert 0 < int(answer.headers["Retry-After"]) <= HOUR
        assert rate_of(answer) == (0, int(answer.headers["Retry-After"]))

    def test_others_are_not_counted_with_them(self, rates: Any) -> None:
        for _ in range(4):
            look(Api())
        owner = user("alice", "add_job")
        for other in (Api({"sub": "bob"}), *(client_of(owner, "builds:read") for _ in range(2))):
            assert rate_of(look(other))[0] == 2

    def test_an_accepted_order_and_a_304_are_counted_too(self, rates: Any, repo: Any) -> None:
        first, again = Api().submit(), Api().get("/dream-build/job-1")
        unchanged = Api().get("/dream-build/job-1", **{"If-None-Match": again.headers["ETag"]})
        assert (first.status_code, unchanged.status_code) == (202, 304)
        assert [rate_of(answer)[0] for answer in (first, again, unchanged)] == [2, 1, 0]

    def test_who_needs_no_token_is_not_counted(self, rates: Any) -> None:
        answer = Api(front="").client.get("/healthz")
        assert (answer.status_code, "RateLimit" in answer.headers) == (200, False)

    def test_without_a_rate_there_is_no_limit_and_no_header(self, rates: Any) -> None:
        rates.API_RATE = None
        answers = [look(Api()) for _ in range(5)]
        assert {(answer.status_code, "RateLimit" in answer.headers) for answer in answers} == {(404, False)}


class TestFailures:
    """Addresses from which no sound token comes."""

    def test_after_some_they_are_told_to_wait(self, rates: Any) -> None:
        guess = Api(bearer=token(key=OTHER))
        assert [look(guess).status_code for _ in range(4)] == [401, 401, 401, 429]
        answer = look(guess)
        is_problem(answer, 429, "throttled")
        assert answer.headers["RateLimit-Policy"] == '"failures";q=3;w=3600'
        assert int(answer.headers["Retry-After"]) > 0

    def test_a_sound_token_from_there_is_let_in_all_the_same(self, rates: Any) -> None:
        for _ in range(5):
            look(Api(bearer="guess"))
        assert look(Api()).status_code == 404

    def test_other_addresses_are_not_counted_with_it(self, rates: Any) -> None:
        for _ in range(4):
            look(Api(bearer="guess"))
        answer = Api().client.get(
            "/api/dream-build/none", REMOTE_ADDR="192.0.2.9", HTTP_AUTHORIZATION="Bearer guess"
        )
        assert answer.status_code == 401


class TestWithoutRedis:
    """A count that cannot be made lets pass, quickly, and says so in the log."""

    @pytest.fixture
    def silent(self, rates: Any) -> Iterator[Any]:
        """A Redis that takes connections and never answers."""
        before = COUNTER.client
        with socket.create_server(("127.0.0.1", 0)) as server:
            rates.REDIS_URL = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
            COUNTER.client = None
            yield rates
        COUNTER.client, COUNTER.paused_until = before, 0.0

    def test_everybody_is_let_in_and_only_the_first_waits(self, silent: Any, capfd: Any) -> None:
        begun = time.monotonic()
        answers = [look(Api()) for _ in range(20)]
        assert {(answer.status_code, "RateLimit" in answer.headers) for answer in answers} == {(404, False)}
        assert time.monotonic() - begun < 2
        assert COUNTER.paused_until > time.monotonic()

    def test_it_is_asked_again_after_a_while(self, rates: Any, redis_client: redis.Redis) -> None:
        counter = Counter()
        counter.paused_until = time.monotonic() + PAUSE
        assert counter.count("x", rates.API_RATE) is None
        counter.paused_until = time.monotonic()
        counted = counter.count("x", rates.API_RATE)
        assert counted is not None
        assert counted[0] == 1


def test_counts_end_with_their_window(redis_client: redis.Redis) -> None:
    Counter().count("x", Rate(most=1, seconds=60))
    (key,) = redis_client.scan_iter("dream:rate:*")
    assert 0 < redis_client.ttl(key) <= 60


@pytest.mark.parametrize(
    ("value", "rate"),
    [
        ("5/second", Rate(most=5, seconds=1)),
        ("5/minute", Rate(most=5, seconds=60)),
        ("5/hour", Rate(most=5, seconds=3600)),
        ("0", None),
        ("", Rate(most=7, seconds=60)),
    ],
)
def test_a_rate_is_a_number_in_a_time(value: str, rate: Rate | None) -> None:
    assert Environment({"KEY": value}).rate("KEY", "7/minute") == rate


@pytest.mark.parametrize(
    "value", ["5", "5/day", "0/minute", "-1/minute", "many", "1.5/minute", "/minute", "٣/x"]
)
def test_anything_else_is_refused_with_an_example(value: str) -> None:
    with pytest.raises(BadSetting, match="100/second, 100/minute, 100/hour"):
        Environment({"KEY": value}).rate("KEY", "7/minute")


def test_processes_count_together(redis_client: redis.Redis) -> None:
    rate = Rate(most=9, seconds=HOUR)
    counted = [process.count("x", rate) for process in (Counter(), Counter())]
    assert [found and found[0] for found in counted] == [1, 2]
