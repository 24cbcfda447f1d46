"""The routes that tell what happened to a job: events in pages and as a stream, tickets, artifacts."""

from typing import Any

from builds.api.described.builds_routes import CURSOR, IF_MATCH, IF_NONE_MATCH, LIMIT
from builds.api.described.operation import Answer, Operation, in_header, in_path, in_query
from builds.api.described.run_routes import RUN_LIMIT
from builds.api.described.shapes import ref, text, whole
from builds.api.described.shared import JOB_ID, RUN_ID
from builds.api.events.pages import MOST, USUAL

TAG = "Events and artifacts"
STREAM = "text/event-stream"
A_STREAM = text(
    "First an event `snapshot` with the job, then each event with its number as `id`, its name as `event` "
    "and an `Event` as `data`; a comment line every few seconds while nothing happens."
)
IF_RANGE = in_header("If-Range", text("An `ETag`; another content is sent whole."))
RANGE = in_header("Range", text("One range of bytes.", example="bytes=0-1023"))
ARTIFACT_ID = in_path("artifact_id", "The artifact's number.", maxLength=40, example="7")
RUN_ARTIFACT_ID = in_path("artifact_id", "The artifact's id.", maxLength=60, example="artifact_7")
WATCHING = (
    in_query("after", whole("Only what follows this number.", maximum=10**18 - 1, default=0)),
    in_query("limit", whole("How many events of a page.", least=1, maximum=MOST, default=USUAL)),
    in_query("ticket", text("For streams alone: see `createTicket`.", minLength=1, maxLength=2000)),
    in_header(
        "Last-Event-ID",
        text("For streams: the number of the last event that was seen."),
    ),
    IF_NONE_MATCH,
    IF_MATCH,
)
ABOUT_EVENTS = (
    "As `application/json` a page; as `text/event-stream` a stream, from the same numbers on, that is "
    "woken when something happens and ends with the attempt. Who comes back with `Last-Event-ID` misses "
    "nothing; 204 says that there is nothing to come back for."
)


def events_of(operation_id: str, missing: str, **parts: Any) -> Operation:
    """Of a job or of a run; `missing` is the code of the problem where there is none."""
    return Operation(
        id=operation_id,
        tag=TAG,
        about=ABOUT_EVENTS,
        answers={
            200: (
                Answer(
                    about="A page, with an `ETag`, or a stream.",
                    schema=ref("EventPage"),
                    headers=("Retry-After",),
                ),
                Answer(about="", schema=A_STREAM, media=STREAM),
            ),
            204: Answer(about="Of a stream: everything was seen, and nothing more will come."),
            304: Answer(about="Nothing has happened since.", headers=("ETag", "Retry-After")),
        },
        problems=(missing, "precondition_failed", "too_many_streams"),
        needs="ticket",
        scopes=("builds:read",),
        **parts,
    )


EVENTS = events_of(
    "listEvents", "job_not_found", summary="What happened to a job", parameters=(JOB_ID, *WATCHING)
)
RUN_EVENTS = events_of(
    "listRunEvents", "job_not_found", summary="What happened to a run", parameters=(RUN_ID, *WATCHING)
)
TICKET = Operation(
    id="createTicket",
    tag=TAG,
    summary="Get a ticket for a browser",
    about="For the stream of one job, for a minute. Whoever has the ticket may look, and nothing else.",
    parameters=(JOB_ID,),
    answers={201: Answer(about="The ticket.", schema=ref("Ticket"))},
    problems=("job_not_found",),
)
ARTIFACTS = Operation(
    id="listArtifacts",
    tag=TAG,
    summary="List a job's artifacts",
    about="The newest first. Follow `next` until it is null.",
    parameters=(JOB_ID, LIMIT, CURSOR),
    answers={200: Answer(about="A page.", schema=ref("ArtifactPage"), headers=("Link",))},
    problems=("job_not_found", "invalid_cursor"),
)
OF_BYTES = ("ETag", "Content-Disposition", "Repr-Digest")
ONE_ARTIFACT = Operation(
    id="getArtifact",
    tag=TAG,
    summary="Download an artifact",
    about="Exactly the bytes that a station left behind, as an attachment, whole or one range of them.",
    parameters=(JOB_ID, ARTIFACT_ID, RANGE, IF_RANGE, IF_NONE_MATCH, IF_MATCH),
    answers={
        200: Answer(about="All bytes, of the artifact's own type.", schema={}, media="*/*", headers=OF_BYTES),
        206: Answer(
            about="The bytes of the range.", schema={}, media="*/*", headers=(*OF_BYTES, "Content-Range")
        ),
        304: Answer(about="The caller has them.", headers=("ETag",)),
    },
    problems=(
        *("job_not_found", "artifact_not_found", "artifact_gone", "precondition_failed"),
        "range_not_satisfiable",
    ),
)
RUN_ARTIFACTS = Operation(
    id="listRunArtifacts",
    tag=TAG,
    summary="List a run's artifacts",
    about="The newest first. Follow `next` until it is null.",
    parameters=(RUN_ID, RUN_LIMIT, CURSOR),
    answers={200: Answer(about="A page.", schema=ref("RunArtifactPage"), headers=("Link",))},
    problems=("run_not_found", "invalid_cursor"),
)
ONE_RUN_ARTIFACT = Operation(
    id="getRunArtifact",
    tag=TAG,
    summary="Look at an artifact of a run",
    about="With its payload where it is small and text; `url` has the bytes of every one.",
    parameters=(RUN_ID, RUN_ARTIFACT_ID),
    answers={200: Answer(about="The artifact.", schema=ref("RunArtifactFound"))},
    problems=("run_not_found", "artifact_not_found", "artifact_gone"),
)

ROUTES = {
    "/api/dream-build/{job_id}/events": {"get": EVENTS},
    "/api/dream-build/{job_id}/ticket": {"post": TICKET},
    "/api/dream-build/{job_id}/artifacts": {"get": ARTIFACTS},
    "/api/dream-build/{job_id}/artifacts/{artifact_id}": {"get": ONE_ARTIFACT},
    "/v1/runs/{run_id}/events": {"get": RUN_EVENTS},
    "/v1/runs/{run_id}/artifacts": {"get": RUN_ARTIFACTS},
    "/v1/runs/{run_id}/artifacts/{artifact_id}": {"get": ONE_RUN_ARTIFACT},
}
