"""What a web process tells of itself: requests by route, and the streams it holds open."""

from collections.abc import Iterator

import pytest
from django.http import StreamingHttpResponse
from django.test import Client, RequestFactory

from dreamsite.web_metrics import REGISTRY, observe


def value(name: str, **labels: str) -> float:
    """Of a sample; 0 while there is none."""
    return REGISTRY.get_sample_value(name, labels) or 0


def counted(**labels: str) -> float:
    """Requests so far."""
    return value("dream_http_requests_total", **labels)


@pytest.mark.parametrize(
    ("path", "route", "code"),
    [
        ("/healthz", "/healthz", "200"),
        ("/api/dream-build/somebodys-job", "/api/dream-build/<str:job_id>", "401"),
        ("/whatever/a/stranger/makes/up", "unmatched", "404"),
        ("/static/nothing-42.css", "/static/", "404"),
    ],
)
def test_a_request_is_counted_under_its_route_and_not_its_path(path: str, route: str, code: str) -> None:
    before = counted(route=route, method="GET", code=code)
    took = value("dream_http_request_duration_seconds_count", route=route, method="GET")
    Client().get(path)
    assert counted(route=route, method="GET", code=code) == before + 1
    assert value("dream_http_request_duration_seconds_count", route=route, method="GET") == took + 1


def test_methods_that_strangers_make_up_are_one() -> None:
    before = counted(route="/healthz", method="other", code="405")
    Client().generic("BREW", "/healthz")
    assert counted(route="/healthz", method="other", code="405") == before + 1


@pytest.mark.django_db  # the end of an answer looks at the connection, where there is one
@pytest.mark.parametrize(("kind", "open_ones"), [("text/event-stream", 1), ("text/csv", 0)])
def test_a_stream_of_events_counts_while_it_is_open(kind: str, open_ones: int) -> None:
    def events() -> Iterator[bytes]:
        yield b"data: 1\n\n"

    before = value("dream_sse_streams")
    answer = StreamingHttpResponse(events(), content_type=kind)
    observe(RequestFactory().get("/events"), answer, 0.1)
    assert value("dream_sse_streams") == before + open_ones
    answer.close()
    answer.close()
    assert value("dream_sse_streams") == before
