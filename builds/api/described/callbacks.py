"""What we send: the callback of a job, as the `webhooks` of OpenAPI."""

from typing import Any

from builds.api.described.shapes import Schema, address, moment, one_of, record, text, whole

TOLD = (
    *("started", "planning", "writing", "testing", "pr_open", "deploying", "deployed"),
    *("paused_approval", "complete", "failed", "canceled"),
)
COMPONENTS: dict[str, Schema] = {
    "Callback": record(
        "One thing that happened to a job.",
        optional=("step", "message", "prUrl", "error"),
        jobId=text("The job's name."),
        status=one_of("What happened.", TOLD),
        step=text("What is being written or done."),
        message=text("One sentence for people."),
        prUrl=address("The pull request."),
        error=text("Why it failed."),
        sequence=whole("The number of the event in its job: it grows, with gaps.", least=1),
        timestamp=moment("When it happened."),
        requestId=text("Of the request that caused it; as in logs."),
        links=record(
            "Addresses.",
            optional=("pullRequest",),
            self=address("The job."),
            pullRequest=address("On the forge."),
        ),
    )
}
SAMPLE = {
    "jobId": "dm_01",
    "status": "pr_open",
    "message": "Pull request created",
    "prUrl": "https://github.com/acme/shop/pull/7",
    "sequence": 12,
    "timestamp": "2030-01-31T22:00:00.000Z",
    "requestId": "8c5a1b0e7e4f4d53a4f5d2a9d1c0b7aa",
    "links": {
        "self": "https://dream.example/api/dream-build/dm_01",
        "pullRequest": "https://github.com/acme/shop/pull/7",
    },
}


def header(name: str, about: str) -> dict[str, Any]:
    """A header that every callback has."""
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": about,
        "schema": {"type": "string"},
    }


WEBHOOKS: dict[str, Any] = {
    "callback": {
        "post": {
            "operationId": "callback",
            "tags": ["Callbacks"],
            "summary": "Something happened to a job",
            "description": "Sent to the job's `callbackUrl`, in order, at least once, signed as Standard "
            "Webhooks have it. Verify the signature over the bytes as they came, pass over a `webhook-id` "
            "that you know, and answer within 10 seconds. What is not answered with 2xx is tried again for "
            "72 hours.",
            "security": [],
            "parameters": [
                header("webhook-id", "The same at every try of one event."),
                header("webhook-timestamp", "Seconds since 1970, of this try."),
                header("webhook-signature", "`v1,` and base64, once for each secret while they change over."),
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/Callback"},
                        "example": SAMPLE,
                    }
                },
            },
            "responses": {
                "2XX": {"description": "It was taken; the next one follows."},
                "410": {"description": "No more of this job is wanted."},
                "default": {"description": "It is tried again later."},
            },
        }
    }
}
