"""The pull request as an object: what became of it after it was opened, as far as the forge told."""

from typing import get_args

from builds.api.described.shapes import (
    Schema,
    address,
    commit,
    flag,
    many,
    moment,
    one_of,
    or_null,
    record,
    ref,
    text,
    whole,
)
from builds.pull_news import State

SAID: dict[str, Schema] = {
    "by": or_null(text("Who wrote it, by the name at the forge.")),
    "text": or_null(text("The beginning of what was written; a stranger's words.")),
    "url": or_null(address("Where all of it is to be read.")),
    "at": moment("When."),
}
FAILED_CHECK = record(
    "A check of the forge's that ended badly and has not passed on that commit since.",
    name=text("Its name."),
    conclusion=text("How it ended, in the forge's word.", example="failure"),
    headSha=commit("The commit that it ran on."),
    ofThisHead=flag("That commit is still the newest of the branch."),
    url=or_null(address("Its page at the forge.")),
    at=moment("When it ended."),
)
PULL_REQUEST = record(
    "The one pull request of the job. Its later life is known where the forge's webhooks come in.",
    number=whole("Its number.", least=1),
    url=or_null(address("Its page at the forge.")),
    draft=flag("It was left as a draft."),
    state=one_of("As we last heard.", get_args(State)),
    merged=flag("Somebody merged it; we never do."),
    stateBy=or_null(text("Who changed the state.")),
    stateAt=or_null(moment("When the state changed.")),
    reviews=many("The newest word of each reviewer.", ref("PullReview")),
    comments=whole("How many comments were heard of."),
    newestComments=many("The newest five.", ref("PullComment")),
    checks=record("What the forge's own checks say.", failed=many("The bad ones.", ref("FailedCheck"))),
    heardAt=or_null(moment("When the forge last told anything; null for never.")),
)

COMPONENTS: dict[str, Schema] = {
    "PullReview": record(
        "A review.", SAID, verdict=text("`approved`, `changes_requested`, `commented` or `dismissed`.")
    ),
    "PullComment": record("A comment.", SAID, place=or_null(text("File and line; null for the whole."))),
    "FailedCheck": FAILED_CHECK,
    "PullRequest": PULL_REQUEST,
}
