"""What schemathesis cannot know: how formats of our own look, and how GitHub signs.

This runs in the process that asks, which knows nothing of Django.
"""

import string
from datetime import UTC, datetime

import requests
import schemathesis
from hypothesis import strategies as st
from requests.auth import AuthBase
from schemathesis.auths import GLOBAL_AUTH_STORAGE

from tests.api.github_deliveries import signature

WORD = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=12)
PREFIXES = ("dream/", "feature/", "x-", "team/a.b/")
ADDRESSES = ("https://example.com/callbacks", "https://storia.example.org:8443/a?b=c")

FORMATS = {
    "job-id": st.text(string.ascii_letters + string.digits + "_.:+~ -", min_size=1, max_size=40)
    .map(str.strip)
    .filter(lambda name: name not in {"", ".", ".."}),
    "git-branch": st.lists(WORD, min_size=1, max_size=3).map("/".join),
    "branch-prefix": st.sampled_from(PREFIXES),
    "callback-url": st.sampled_from(ADDRESSES),
    "repo-name": st.tuples(WORD, WORD).map("/".join),
    "repo-id": st.uuids().map(lambda uid: f"repo_{uid}"),
    "config-path": st.lists(WORD, min_size=1, max_size=3).map("/".join),
    "markdown": WORD.map("# {}\n\n- It works".format),
    "date-time": st.datetimes(datetime(2000, 1, 2), datetime(2199, 12, 30), timezones=st.just(UTC)).map(  # noqa: DTZ001
        datetime.isoformat
    ),
}

for name, strategy in FORMATS.items():
    schemathesis.openapi.format(name, strategy)


class Signed(AuthBase):
    """Signs a delivery as GitHub does."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
        request.headers["X-Hub-Signature-256"] = signature(body)
        return request


GLOBAL_AUTH_STORAGE.set_from_requests(Signed()).apply_to(path="/api/webhooks/github")
