"""How many requests are taken: counted for each caller and each failing address, and told in headers.

The headers are those of draft-ietf-httpapi-ratelimit-headers. A count is a courtesy to the others: where
Redis does not answer, everything passes. What has to hold (money, quotas) is decided in the database.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from rest_framework.exceptions import Throttled
from rest_framework.request import Request

from dreamsite.counting import COUNTER
from dreamsite.env import Rate

COUNTED = "dream.counted"


@dataclass(frozen=True, kw_only=True)
class Counted:
    """How a policy stands after this request."""

    policy: str
    rate: Rate
    left: int
    reset: int


def count(request: HttpRequest | Request, policy: str, rate: Rate | None, who: str) -> None:
    """Count one more of `who` under a policy. Raises Throttled after too many. No rate: no limit."""
    found = COUNTER.count(f"{policy}:{sha256(who.encode()).hexdigest()[:32]}", rate) if rate else None
    if rate is None or found is None:
        return
    number, reset = found
    state = Counted(policy=policy, rate=rate, left=max(0, rate.most - number), reset=reset)
    request.META[COUNTED] = state
    if number > rate.most:
        raise Throttled(wait=reset, detail=f"Too many requests: at most {rate} are taken.")


def set_headers(request: HttpRequest, response: HttpResponseBase) -> None:
    """Tell the policy and how it stands, where this request was counted."""
    state: Counted | None = request.META.get(COUNTED)
    if state is not None:
        rate = state.rate
        response["RateLimit-Policy"] = f'"{state.policy}";q={rate.most};w={rate.seconds}'
        response["RateLimit"] = f'"{state.policy}";r={state.left};t={state.reset}'


@sync_and_async_middleware
def rate_headers(
    get_response: Callable[[HttpRequest], Any],
) -> Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]:
    """On every answer to a request that was counted, whichever view gave it."""
    if iscoroutinefunction(get_response):

        async def answer_later(request: HttpRequest) -> HttpResponseBase:
            response: HttpResponseBase = await get_response(request)
            set_headers(request, response)
            return response

        return answer_later

    def answer(request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = get_response(request)
        set_headers(request, response)
        return response

    return answer
