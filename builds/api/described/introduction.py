"""What a reader of the whole document is told first, and the order of its chapters."""

INTRODUCTION = """Turns an approved Markdown spec into a verified pull request while its owner sleeps.

A build is ordered once and looked at as often as one likes. There are two doors to one engine: *Builds*,
where a job has the name that its client chose (`jobId`), and *Runs* below `/v1`, where orders carry an
`Idempotency-Key`. What is made at one is visible at the other.

**Who calls** sends `Authorization: Bearer …`: a JWT signed with the shared secret, or an operator token.
Each operation names the scope that it needs.

**Errors** are `application/problem+json` (RFC 9457). Branch on `code`; `errors` lists every flaw with its
place; `request_id` is in our log. A 4xx has changed nothing.

**Again**: the same order is answered alike and runs nothing twice, so a client that got no answer sends
it again. `ETag` and `If-None-Match` make looking cheap, `Retry-After` says when looking is worth it, and
`RateLimit` how many requests are left. Lists come in pages; follow `next` until it is null.

**Told, not asked**: callbacks come signed to the order's `callbackUrl`; `…/events` is the same as pages
or as a stream.

**Bodies** are JSON in UTF-8 of at most 256 KB, in which no text holds U+0000, half a surrogate pair or
the same member twice.

Members that are not described are ignored in requests and may be added to answers; nothing is taken away
or changes its meaning within a version.
"""

TAGS = [
    {"name": "Builds", "description": "Order a job, list jobs, look at one."},
    {"name": "Decisions", "description": "What a person says to a job: yes, no, stop, again, now."},
    {"name": "Events and artifacts", "description": "What happened, as pages or a stream; what is kept."},
    {"name": "Runs", "description": "The same jobs below `/v1`, from an issue or a spec."},
    {"name": "Repositories", "description": "Where builds may work, and what they may do there."},
    {"name": "GitHub", "description": "What GitHub tells us."},
    {"name": "Callbacks", "description": "What we tell."},
    {"name": "Service", "description": "Does it live, could it work, how is it?"},
    {
        "name": "Without /api",
        "description": "*Builds* and what belongs to it, at addresses of old clients.",
    },
]
"""Each with its operations, in this order."""
