"""An issue as a spec: a snapshot of what people wrote, taken once, when the run is ordered.

Whoever orders the run vouches for the text as it stands; what is written there later changes nothing.
"""

from collections.abc import Iterator

from builds import refusals
from builds.adapters import connect
from builds.coding.untrusted import clean, storable
from builds.ports import Issue, Refused, RepoName
from specs.parsed import BadSpec
from specs.parser import parse

COMMENT_CHARACTERS = 60_000
COMMENT_LINES = 2_000


def issue_spec(repo: RepoName, number: int) -> str:
    """The issue's text as Markdown. Raises IssueUnreadable, or Unavailable when the forge does not answer."""
    try:
        issue = connect().forge.issue(repo, number)
    except Refused as refusal:
        raise refusals.IssueUnreadable(str(refusal)) from refusal
    found = as_markdown(issue)
    try:
        parse(found)
    except BadSpec as error:
        raise refusals.IssueUnreadable(f"Issue #{number} cannot be read as a spec. {error}") from error
    return found


def as_markdown(issue: Issue) -> str:
    """Title, body, labels and comments, without what a person does not see.

    The body is the spec. A comment is quoted whole: nothing in it becomes a heading, a criterion or a title.
    """
    title = " ".join(shown(issue.title).split())[:200] or f"Issue {issue.number}"
    parts = [f"# {title}", shown(issue.body).strip()]
    if issue.labels:
        parts += ["## Labels of the issue", ", ".join(f"`{label}`" for label in map(flat, issue.labels))]
    quoted = list(quotes(issue))
    if quoted:
        parts += ["## Comments on the issue", *quoted]
    return "\n\n".join(part for part in parts if part) + "\n"


def quotes(issue: Issue) -> Iterator[str]:
    """The comments, oldest first, as far as there is room; then how many are left out."""
    characters, lines = COMMENT_CHARACTERS, COMMENT_LINES
    for place, (author, text) in enumerate(issue.comments):
        said = shown(text).strip().splitlines()
        quote = "\n".join(f"> {line}".rstrip() for line in (f"{flat(author)} wrote:", "", *said))
        characters, lines = characters - len(quote), lines - len(said) - 4
        if characters < 0 or lines < 0:
            yield f"> {len(issue.comments) - place} more comments are left out."
            return
        yield quote


def shown(text: str) -> str:
    """What a person sees of it, in characters that can be kept, with plain line ends."""
    return storable(clean(text)).replace("\r\n", "\n").replace("\r", "\n")


def flat(text: str) -> str:
    """A label or a name on one line."""
    return " ".join(shown(text).replace("`", "").split())[:100]
