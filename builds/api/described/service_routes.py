"""The routes about the service itself: the two public ones, status, metrics, and the schema."""

from builds.api.described.operation import Answer, Operation
from builds.api.described.shapes import Schema, flag, free, or_null, record, ref, text
from builds.api.health import PARTS

TAG = "Service"
PART = record("One part.", ok=flag("Whether it is sound."), detail=or_null(text("What is wrong with it.")))
COMPONENTS: dict[str, Schema] = {
    "Health": record("The process lives.", ok=flag("Always true."), service=text("`dream-machine`.")),
    "ReadyChecks": record("Each part of the service.", dict.fromkeys(PARTS, PART)),
    "Ready": record("All parts are sound.", ok=flag("Always true."), checks=ref("ReadyChecks")),
}
SOUND = {"ok": True, "detail": None}

HEALTH = Operation(
    id="getHealth",
    tag=TAG,
    summary="Does the process live?",
    about="Touches nothing.",
    needs="nobody",
    answers={
        200: Answer(about="It does.", schema=ref("Health"), example={"ok": True, "service": "dream-machine"})
    },
)
READY = Operation(
    id="getReady",
    tag=TAG,
    summary="Would a job that came in now be worked?",
    needs="nobody",
    answers={
        200: Answer(
            about="It would.",
            schema=ref("Ready"),
            example={"ok": True, "checks": dict.fromkeys(PARTS, SOUND)},
        )
    },
    problems=("not_ready",),
)
STATUS = Operation(
    id="getStatus",
    tag=TAG,
    summary="How is the service?",
    about="Workers, queues, callbacks, dead letters: numbers and ages. As cheap with many jobs as with few.",
    answers={200: Answer(about="How it is.", schema=ref("Status"))},
)
METRICS = Operation(
    id="getMetrics",
    tag=TAG,
    summary="Metrics for Prometheus",
    about="For the bearer of `DREAM_METRICS_TOKEN`, or of an operator token.",
    needs="metrics",
    scopes=("metrics:read",),
    answers={200: Answer(about="Prometheus' text.", schema=text("One line a sample."), media="text/plain")},
)
SCHEMA = Operation(
    id="getSchema",
    tag=TAG,
    summary="This document",
    about="As JSON, or as YAML for `Accept: application/yaml`. People read it at `/api/docs`.",
    answers={
        200: (
            Answer(about="OpenAPI 3.1.", schema=free("OpenAPI 3.1."), headers=("ETag",)),
            Answer(about="", schema=free("OpenAPI 3.1."), media="application/yaml"),
        ),
        304: Answer(about="Nothing has changed.", headers=("ETag",)),
    },
)

ROUTES = {
    "/healthz": {"get": HEALTH},
    "/readyz": {"get": READY},
    "/metrics": {"get": METRICS},
    "/api/status": {"get": STATUS},
    "/api/schema": {"get": SCHEMA},
}
