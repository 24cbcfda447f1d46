"""Names of branches: the one a job may write, and the ones that nobody writes."""

import re
import unicodedata
from collections.abc import Iterable
from hashlib import sha256

LONGEST_BRANCH = 244  # bytes; what GitHub takes, and git can still put `.lock` behind it
LONGEST_SLUG = 50
PREFIX = re.compile(r"[A-Za-z0-9_.@-]+(?:/[A-Za-z0-9_.@-]+)*[/-]")

# What `git check-ref-format --branch` refuses, except for what only Unicode knows.
NOT_A_BRANCH = re.compile(
    r"""
    [\x00-\x20\x7f~^:?*\[\\]        # a control character, a space, or what git reads as a range or pattern
    | \.\. | @\{ | //
    | ^[-/] | [/.]$
    | (?:^|/)\. | \.lock(?:/|$)
    | ^@$ | ^HEAD$
    """,
    re.VERBOSE,
)
INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}


def branch_name(prefix: str, title_slug: str, job_id: str, attempt: int | None = None) -> str:
    """The job's own branch, `<prefix><slug>-<8 hex of the job>`; `-<attempt>` only when it is asked for.

    The slug is cut so that the whole stays within what forges take.
    """
    slug = title_slug[:LONGEST_SLUG].strip("-.")
    own = own_ending(job_id) if slug else own_ending(job_id)[1:]
    return f"{prefix}{slug}{own}" + (f"-{attempt}" if attempt is not None else "")


def own_ending(job_id: str) -> str:
    """What a branch of this job ends with, before the number of an attempt."""
    return f"-{sha256(job_id.encode(errors='surrogatepass')).hexdigest()[:8]}"


def is_own(branch: str, job_id: str) -> bool:
    """Whether the name says that this job made the branch."""
    return re.search(rf"(?:^|[/-]){own_ending(job_id)[1:]}(?:-[1-9][0-9]*)?$", branch) is not None


def is_branch(name: str) -> bool:
    """Whether git takes it as a branch name, and people can see all of it."""
    return (
        0 < len(name.encode(errors="replace")) <= LONGEST_BRANCH
        and NOT_A_BRANCH.search(name) is None
        and not any(unicodedata.category(character) in INVISIBLE for character in name)
    )


def normalise_branch(name: str) -> str:
    """One spelling for all that could mean the same branch: no `refs/heads/`, case, spaces, stray slashes."""
    plain = re.sub(r"/+", "/", name.strip().casefold()).strip("/ ")
    return re.sub(r"^(?:refs/)?(?:heads|remotes/[^/]+)/", "", plain)


def is_protected(branch: str, patterns: Iterable[str]) -> bool:
    """Whether a pattern covers the branch: `*` within one part of the name, `**` over all that follow."""
    name = normalise_branch(branch)
    return any(_regex(normalise_branch(pattern)).fullmatch(name) for pattern in patterns)


def check_prefix(prefix: str, protected: Iterable[str] = ()) -> str | None:
    """Why branches must not begin so, as a sentence; None when they may."""
    if not prefix:
        return "branchPrefix must not be empty; leave it out for dream/."
    if not PREFIX.fullmatch(prefix):
        return "branchPrefix takes letters, digits and _ . @ / - and ends with / or -, such as dream/."
    sample = f"{prefix}x-00000000"
    if not is_branch(sample) or normalise_branch(sample) != sample.casefold():
        return f"branchPrefix {prefix} cannot begin a branch name in git; use one such as dream/."
    if is_protected(sample, protected) or is_protected(prefix.rstrip("/-"), protected):
        return f"branchPrefix must not begin with a protected branch: {prefix}"
    return None


def _regex(pattern: str) -> re.Pattern[str]:
    pieces = re.split(r"(\*\*|\*|\?)", pattern)
    translated = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(translated.get(piece, re.escape(piece)) for piece in pieces))
