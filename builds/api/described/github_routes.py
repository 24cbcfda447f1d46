"""The route for GitHub, which tells what became of pull requests."""

from builds.api.described.operation import Answer, Operation, in_header
from builds.api.described.shapes import Schema, flag, free, many, record, ref, text

NAME = r"^[A-Za-z0-9_.\-]{1,60}$"
HEARD = record(
    "What was made of a delivery; one of the last three is there.",
    optional=("pong", "ignored", "recorded"),
    ok=flag("Always true."),
    pong=flag("It was a ping."),
    ignored=text("Why nothing was recorded."),
    recorded=many("The jobs on which it was recorded.", text("A job's name.")),
)
COMPONENTS: dict[str, Schema] = {
    "GithubDelivery": free("The payload, as GitHub's own documentation has it."),
    "Heard": HEARD,
}
HEAR = Operation(
    id="hearGithub",
    tag="GitHub",
    summary="Take a delivery of GitHub's webhooks",
    about="What becomes of pull requests (merged, closed, reviewed, commented, checks failed) is recorded on "
    "their jobs and shown there. Each delivery counts once.",
    parameters=(
        in_header(
            "X-GitHub-Event", text("What happened.", pattern=NAME, example="pull_request"), required=True
        ),
        in_header("X-GitHub-Delivery", text("The delivery's own id.", pattern=NAME), required=True),
    ),
    body="GithubDelivery",
    answers={202: Answer(about="It was taken.", schema=ref("Heard"), example={"ok": True, "pong": True})},
    problems=("signature_invalid", "webhooks_off", "throttled"),
    needs="github",
)

ROUTES = {"/api/webhooks/github": {"post": HEAR}}
