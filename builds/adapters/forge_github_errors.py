"""What GitHub says when it says no, classified once: wait, try again, or never."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.utils import parsedate_to_datetime
from json import JSONDecodeError

import requests
import structlog
from github import BadAttributeException, GithubException

from builds.ports import Refused, Unavailable

log = structlog.get_logger()

# GitHub asks for at least a minute where a secondary limit names no time.
UNNAMED_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=2)
LIMITED = re.compile(r"rate limit|abuse detection|wait a few minutes|retry your request again later")
BY_A_RULE = re.compile(r"rule violation|protected branch|protected ref|branch is protected|restricted by")


@contextmanager
def answers(doing: str) -> Iterator[None]:
    """Turn all that can go wrong in a call into Unavailable or Refused; `doing` completes "while …"."""
    try:
        yield
    except GithubException as error:
        raise classified(error, doing) from error
    except (BadAttributeException, JSONDecodeError) as error:
        raise Unavailable(f"GitHub's answer could not be read while {doing}.") from error
    except requests.RequestException as error:
        why = f"GitHub did not answer while {doing} ({type(error).__name__})."
        raise Unavailable(why) from error


def classified(error: GithubException, doing: str) -> Unavailable | Refused:
    """The word for an answer that is not what was asked for; its request id is logged and told."""
    headers = {str(key).lower(): str(value) for key, value in (error.headers or {}).items()}
    request_id = headers.get("x-github-request-id", "")
    log.warning("forge.refused", status=error.status, github_request_id=request_id, doing=doing)
    heard = f"GitHub answered {error.status} while {doing}: {words(error)[:300]}"
    heard += f" (request {request_id})" if request_id else ""
    if is_limited(error, headers):
        return Unavailable(heard, retry_after=wait(headers))
    if error.status >= 500 or error.status in {0, 200, 201, 408, 425}:
        return Unavailable(heard)
    return refusal(error, headers, heard)


def refusal(error: GithubException, headers: dict[str, str], heard: str) -> Refused:
    """A no that stays a no, with what mends it."""
    said = words(error).lower()
    if error.status == 401:
        return Refused("forge_credentials", f"{heard}. Check GITHUB_TOKEN, or the App's id and private key.")
    if BY_A_RULE.search(said):
        return Refused("branch_protected", f"{heard}. A rule of the repository forbids it.")
    if "archived" in said:
        return Refused("repository_read_only", f"{heard}. Unarchive the repository, or build in another.")
    if error.status == 403:
        needed = headers.get("x-accepted-github-permissions", "")
        mend = f"Give the App or token {needed}" if needed else "Check what the App or token may do"
        return Refused("forge_permission_missing", f"{heard}. {mend} (docs/github.md).")
    if error.status == 404:
        mend = "Check its name; install the App on it, or let the token read and write it."
        return Refused("repository_missing", f"{heard}. {mend}")
    return Refused("forge_refused", f"{heard}.")


def is_limited(error: GithubException, headers: dict[str, str]) -> bool:
    """Whether this is a primary or a secondary rate limit, which both come as 403 or 429."""
    if error.status == 429:
        return True
    said_so = LIMITED.search(words(error).lower()) is not None
    if error.status == 400:  # what PyGithub makes of an error of GraphQL, whose own status is 200
        return said_so
    told = "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0"
    return error.status == 403 and (told or said_so)


def wait(headers: dict[str, str]) -> timedelta:
    """How long GitHub wants us to stay away, on its own clock."""
    after, reset = headers.get("retry-after", ""), headers.get("x-ratelimit-reset", "")
    if after.isdecimal():
        return min(timedelta(seconds=int(after)), LONGEST_WAIT)
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal() and "date" in headers:
        now = parsedate_to_datetime(headers["date"]).timestamp()
        return min(timedelta(seconds=max(1, int(reset) - now + 1)), LONGEST_WAIT)
    return UNNAMED_WAIT


def words(error: BaseException | None) -> str:
    """GitHub's own words: the message, and those of its parts."""
    data = error.data if isinstance(error, GithubException) else None
    if not isinstance(data, dict):
        return str(data or "")
    parts = data.get("errors")
    told = [part.get("message") or str(part) if isinstance(part, dict) else str(part) for part in parts or ()]
    return " / ".join(str(text) for text in (data.get("message", data.get("data", "")), *told) if text)


def said(problem: Exception) -> str:
    """What GitHub said before `answers` put it into one of our words, in lower case."""
    return words(problem.__cause__).lower()


def status_of(problem: Exception) -> int | None:
    """The status behind one of our words; None where there was no answer."""
    cause = problem.__cause__
    return cause.status if isinstance(cause, GithubException) else None
