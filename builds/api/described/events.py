"""The events of a job as objects, and the ticket that lets a browser watch them."""

from builds.api.described.callbacks import TOLD
from builds.api.described.shapes import (
    Schema,
    address,
    flag,
    free,
    many,
    moment,
    one_of,
    or_null,
    record,
    ref,
    text,
    whole,
)
from builds.pipeline import STATIONS

EVENT = record(
    "One thing that happened to a job. The same in pages and as `data` of a stream.",
    sequence=whole("Its number in the job, without gaps; the `id` of the stream.", least=1),
    event=text("What it is, see docs/events.md.", example="station.succeeded"),
    attempt=whole("In which attempt.", least=1),
    station=or_null(one_of("At which station.", STATIONS)),
    status=or_null(one_of("What callbacks say of it; null where they say nothing.", TOLD)),
    message=text("One sentence for people."),
    step=or_null(text("What was being written or done.")),
    actor=or_null(text("Who did it, where a person did.")),
    data=free("More of it, by the kind of event."),
    requestId=text("Of the request that caused it; as in logs."),
    timestamp=moment("When it happened."),
)
EVENT_PAGE = record(
    "A page of events, the oldest first.",
    events=many("At most `limit`.", ref("Event")),
    last=whole("The number of the newest event there is."),
    final=flag("The attempt has ended: no more events follow, unless somebody starts it again."),
    next=or_null(address("The next page; null on the last one.")),
)
TICKET = record(
    "Lets a browser watch one job; browsers send no headers with an event stream.",
    ticket=text("The word itself."),
    url=address("The stream with the ticket in it: what `new EventSource(url)` takes."),
    expiresAt=moment("After a minute it opens nothing any more; a stream that is open goes on."),
)

COMPONENTS: dict[str, Schema] = {"Event": EVENT, "EventPage": EVENT_PAGE, "Ticket": TICKET}
