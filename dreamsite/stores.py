"""Where blobs are kept, from the environment: a folder, or a bucket with its address and key."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from dreamsite.env import BadSetting, Environment

BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
PREFIX = re.compile(r"[A-Za-z0-9!_.*'()-]+(/[A-Za-z0-9!_.*'()-]+)*")
HERE = {"127.0.0.1", "::1"}


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A prefix in a bucket. Without a key the machine's own role is asked; without an endpoint it is AWS."""

    name: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""
    key_id: str = ""
    secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @property
    def address(self) -> str:
        """As DREAM_ARTIFACTS spells it."""
        return f"s3://{self.name}/{self.prefix}".rstrip("/")


def artifact_place(env: Environment, default: Path) -> Path | Bucket:
    """What DREAM_ARTIFACTS names. Raises BadSetting."""
    value = env.text("DREAM_ARTIFACTS")
    if "://" not in value:
        return Path(value or default)
    if not value.startswith("s3://"):
        raise BadSetting("DREAM_ARTIFACTS", f"{value!r} is neither a folder nor s3://bucket/prefix")
    name, _, prefix = value.removeprefix("s3://").rstrip("/").partition("/")
    if not BUCKET.fullmatch(name):
        raise BadSetting("DREAM_ARTIFACTS", f"{name!r} is no name of a bucket, as in s3://bucket/prefix")
    if prefix and (not PREFIX.fullmatch(prefix) or {".", ".."} & set(prefix.split("/"))):
        raise BadSetting("DREAM_ARTIFACTS", f"{prefix!r} is no prefix, as in s3://bucket/prefix")
    return with_key(env, name, prefix)


def with_key(env: Environment, name: str, prefix: str) -> Bucket:
    """The bucket with what it takes to reach it."""
    key_id, secret = env.text("AWS_ACCESS_KEY_ID"), env.text("AWS_SECRET_ACCESS_KEY")
    if bool(key_id) != bool(secret):
        raise BadSetting("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", "set both, or neither to use a role")
    endpoint = endpoint_of(env.text("AWS_ENDPOINT_URL").rstrip("/"))
    return Bucket(
        name=name,
        prefix=prefix,
        endpoint=endpoint,
        region=env.text("AWS_REGION") or ("auto" if endpoint else ""),
        key_id=key_id,
        secret=secret,
        token=env.text("AWS_SESSION_TOKEN"),
    )


def endpoint_of(value: str) -> str:
    """https; plain http only to this machine or to a neighbour, whose name has no dot. Raises BadSetting."""
    parts = urlsplit(value)
    host = parts.hostname or ""
    if value and (not host or parts.username or parts.query or parts.fragment):
        raise BadSetting("AWS_ENDPOINT_URL", f"{value!r} is not an address such as https://s3.example.com")
    near = host in HERE or not set(".:") & set(host)
    if value and parts.scheme != "https" and not (parts.scheme == "http" and near):
        raise BadSetting("AWS_ENDPOINT_URL", f"{value!r} must start with https://")
    return value
