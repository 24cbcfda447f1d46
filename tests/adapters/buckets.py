"""A bucket at a server that speaks S3 on loopback."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

import boto3
from moto.server import ThreadedMotoServer

from dreamsite.stores import Bucket

KEYS = {"key_id": "a-key-of-the-tests", "secret": "its-secret"}


@contextmanager
def s3_server() -> Iterator[str]:
    """The address of a server in threads of ours; it forgets everything at the end."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def made_bucket(endpoint: str, prefix: str = "dream/blobs") -> Bucket:
    """A bucket of its own."""
    name = f"artifacts-{uuid4().hex[:12]}"
    with urlopen(Request(f"{endpoint}/{name}", method="PUT")) as answer:
        assert answer.status == 200
    return Bucket(name=name, prefix=prefix, endpoint=endpoint, region="auto", **KEYS)


def client(bucket: Bucket) -> Any:
    """Somebody else's way to the bucket."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return boto3.client(
            "s3",
            endpoint_url=bucket.endpoint,
            region_name="us-east-1",
            aws_access_key_id=bucket.key_id,
            aws_secret_access_key=bucket.secret,
        )


def variables(bucket: Bucket) -> dict[str, str]:
    """The bucket as the environment of a process names it."""
    return {
        "DREAM_ARTIFACTS": bucket.address,
        "AWS_ENDPOINT_URL": bucket.endpoint,
        "AWS_ACCESS_KEY_ID": bucket.key_id,
        "AWS_SECRET_ACCESS_KEY": bucket.secret,
    }
