"""What only a web process itself knows: its requests, how long they took, and the streams it holds open."""

from django.http import HttpRequest, HttpResponseBase
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNKNOWN = "unmatched"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

REGISTRY = CollectorRegistry()
REQUESTS = Counter(
    "dream_http_requests",
    "Requests that this web process answered.",
    ["route", "method", "code"],
    registry=REGISTRY,
)
DURATION = Histogram(
    "dream_http_request_duration_seconds",
    "How long this web process took to begin its answers.",
    ["route", "method"],
    buckets=BUCKETS,
    registry=REGISTRY,
)
STREAMS = Gauge("dream_sse_streams", "Event streams that this web process holds open.", registry=REGISTRY)


def route_of(request: HttpRequest) -> str:
    """The route as the URLconf spells it: no id, no name of a file, and not what a stranger made up."""
    if request.resolver_match is not None:
        return f"/{request.resolver_match.route}"
    return "/static/" if request.path.startswith("/static/") else UNKNOWN


def method_of(request: HttpRequest) -> str:
    """A method that HTTP knows, or one word for all others."""
    return request.method if request.method in METHODS else "other"


def observe(request: HttpRequest, answer: HttpResponseBase, seconds: float) -> None:
    """Count an answer."""
    route, method = route_of(request), method_of(request)
    REQUESTS.labels(route, method, str(answer.status_code)).inc()
    DURATION.labels(route, method).observe(seconds)
    if answer.streaming and answer.get("Content-Type", "").startswith("text/event-stream"):
        follow(answer)


def follow(answer: HttpResponseBase) -> None:
    """Count a stream until it is closed, which Django does once, also when the reader goes away."""
    close = answer.close
    STREAMS.inc()

    def closed() -> None:
        del answer.close  # else the answer would hold itself, and what it streams, until the next collection
        STREAMS.dec()
        close()

    answer.close = closed  # type: ignore[method-assign]
