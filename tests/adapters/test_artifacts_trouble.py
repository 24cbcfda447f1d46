"""A store in trouble: what may help when it is tried again is Unavailable, what will not is Refused."""

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from builds.adapters.artifacts_local import LocalArtifacts
from builds.adapters.artifacts_s3 import S3Artifacts
from builds.ports import Refused, Unavailable
from dreamsite.stores import Bucket
from tests.adapters.buckets import KEYS, made_bucket, s3_server
from tests.conftest import ROOT, RunManage

SHA = "5" * 64


def error(code: str, message: str) -> str:
    """An error as S3 words it."""
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"


@pytest.fixture
def bucket(httpserver: HTTPServer) -> Bucket:
    """A bucket at a server that says what the test says."""
    return Bucket(name="blobs", endpoint=httpserver.url_for("").rstrip("/"), region="auto", **KEYS)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A server that works."""
    with s3_server() as address:
        yield address


@pytest.mark.parametrize(
    ("status", "code"), [(500, "InternalError"), (503, "SlowDown"), (429, "TooManyRequests")]
)
def test_a_server_in_trouble_is_asked_again_and_then_unavailable(
    httpserver: HTTPServer, bucket: Bucket, status: int, code: str
) -> None:
    httpserver.expect_request("/blobs/55/" + SHA[2:]).respond_with_data(
        error(code, "Please reduce."), status=status
    )
    with pytest.raises(Unavailable, match="cannot be read"):
        S3Artifacts(bucket).get(SHA)
    assert len(httpserver.log) > 1


@pytest.mark.parametrize("code", ["AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"])
def test_a_key_that_does_not_fit_is_refused_at_once_with_what_it_needs(
    httpserver: HTTPServer, bucket: Bucket, code: str
) -> None:
    httpserver.expect_request("/blobs/55/" + SHA[2:]).respond_with_data(error(code, "No."), status=403)
    with pytest.raises(Refused, match="s3:ListBucket") as caught:
        S3Artifacts(bucket).get(SHA)
    assert caught.value.code == "artifact_store_refused"
    assert bucket.secret not in str(caught.value)
    assert len(httpserver.log) == 1


def test_nobody_at_the_address_is_unavailable() -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(Unavailable, match="cannot be read"):
            S3Artifacts(Bucket(name="blobs", endpoint=endpoint, region="auto", **KEYS)).get(SHA)


def test_a_bucket_that_is_not_there_is_found_by_the_probe(endpoint: str) -> None:
    gone = replace(made_bucket(endpoint), name="no-such-bucket")
    with pytest.raises(Refused, match="NoSuchBucket") as caught:
        S3Artifacts(gone).probe()
    assert caught.value.code == "artifact_store_refused"


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("a file where the folder should be")
    with pytest.raises(Unavailable, match="cannot be"):
        LocalArtifacts(tmp_path / "blobs").put(b"x")
    with pytest.raises(Unavailable, match=os.strerror(errno.ENOTDIR)):
        LocalArtifacts(tmp_path / "blobs").probe()


def test_a_worker_does_not_start_without_its_store_and_says_so_in_one_line(
    run_manage: RunManage, endpoint: str
) -> None:
    variables = {
        "DREAM_ARTIFACTS": "s3://no-such-bucket/blobs",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": KEYS["key_id"],
        "AWS_SECRET_ACCESS_KEY": KEYS["secret"],
    }
    ran = run_manage("worker", "--burst", env=variables)
    assert (ran.returncode, ran.stderr.count("\n")) == (1, 1)
    assert ran.stderr.startswith("worker: The artifact store s3://no-such-bucket/blobs cannot be written")


@pytest.mark.parametrize(("artifacts", "loaded"), [("", False), ("s3://bucket/blobs", True)])
def test_the_client_of_s3_is_imported_only_where_it_is_picked(
    child_environment: dict[str, str], artifacts: str, *, loaded: bool
) -> None:
    code = (
        "import django, sys; django.setup(); from builds.adapters import connect; connect();"
        "print('boto3' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={
            **child_environment,
            "DJANGO_SETTINGS_MODULE": "dreamsite.settings",
            "DREAM_ARTIFACTS": artifacts,
        },
        cwd=ROOT, check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (ran.stdout.strip(), ran.stderr) == (str(loaded), "")
