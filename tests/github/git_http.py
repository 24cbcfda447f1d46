"""Git's own HTTP of the twin: `git http-backend` behind a password, as GitHub has it."""

import base64
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from builds.coding.git import ENVIRONMENT


def token_of(headers: Mapping[str, str]) -> str:
    """The password of a Basic header; GitHub takes any user name."""
    scheme, _, value = headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    return base64.b64decode(value).decode().partition(":")[2]


@dataclass(frozen=True)
class Asked:
    """What git's client sent."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def backend(root: Path, asked: Asked) -> tuple[int, dict[str, str], bytes]:
    """Run the CGI program; returns status, headers and content."""
    environment = {
        **ENVIRONMENT,
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
        "REQUEST_METHOD": asked.method,
        "PATH_INFO": asked.path,
        "QUERY_STRING": asked.query,
        "REMOTE_USER": "x-access-token",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": asked.headers.get("Content-Type", ""),
        "HTTP_CONTENT_ENCODING": asked.headers.get("Content-Encoding", ""),
        "CONTENT_LENGTH": str(len(asked.body)),
        "GIT_PROTOCOL": asked.headers.get("Git-Protocol", ""),
        "PATH": os.defpath,
    }
    ran = subprocess.run(
        ["git", "http-backend"], env=environment, input=asked.body, check=False, capture_output=True
    )
    head, _, content = ran.stdout.partition(b"\r\n\r\n")
    told = dict(line.split(": ", 1) for line in head.decode().splitlines() if ": " in line)
    status = int(told.pop("Status", "200").split()[0])
    return status, told, content
