"""DREAM_ARTIFACTS: a folder or a bucket; what cannot be either stops the start with one line."""

from pathlib import Path

import pytest

from dreamsite.env import BadSetting, Environment
from dreamsite.stores import Bucket, artifact_place

KEY = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}


def place(**variables: str) -> Path | Bucket:
    """What an environment names."""
    return artifact_place(Environment(variables), Path("/var/artifacts"))


def test_without_a_word_it_is_the_default_folder() -> None:
    assert place() == Path("/var/artifacts")
    assert place(DREAM_ARTIFACTS="/mnt/blobs") == Path("/mnt/blobs")


def test_a_bucket_is_named_as_every_tool_names_it() -> None:
    found = place(DREAM_ARTIFACTS="s3://night-builds/dream/blobs/", **KEY, AWS_REGION="eu-central-1")
    assert found == Bucket(
        name="night-builds", prefix="dream/blobs", region="eu-central-1", key_id="id", secret="secret"
    )
    assert isinstance(found, Bucket)
    assert found.address == "s3://night-builds/dream/blobs"
    assert "secret" not in repr(found)


def test_r2_needs_an_endpoint_and_no_region(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    found = place(
        DREAM_ARTIFACTS="s3://blobs", AWS_ENDPOINT_URL="https://account.r2.example.com/",
        AWS_ACCESS_KEY_ID="id", AWS_SECRET_ACCESS_KEY_FILE=str(tmp_path / "secret"),
    )  # fmt: skip
    assert isinstance(found, Bucket)
    assert (found.endpoint, found.region) == ("https://account.r2.example.com", "auto")
    assert found.secret == "from a file"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DREAM_ARTIFACTS": "gs://b/p"}, "DREAM_ARTIFACTS: 'gs://b/p' is neither a folder nor s3://bucket"),
        ({"DREAM_ARTIFACTS": "s3://"}, "DREAM_ARTIFACTS: '' is no name of a bucket"),
        ({"DREAM_ARTIFACTS": "s3://My_Bucket"}, "DREAM_ARTIFACTS: 'My_Bucket' is no name of a bucket"),
        ({"DREAM_ARTIFACTS": "s3://bucket/a/../b"}, "DREAM_ARTIFACTS: 'a/../b' is no prefix"),
        ({"DREAM_ARTIFACTS": "s3://bucket//b"}, "DREAM_ARTIFACTS: '/b' is no prefix"),
        ({"AWS_ACCESS_KEY_ID": "id"}, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: set both, or neither"),
        ({"AWS_ENDPOINT_URL": "minio:9000"}, "AWS_ENDPOINT_URL: 'minio:9000' is not an address"),
        ({"AWS_ENDPOINT_URL": "http://s3.example.com"}, "AWS_ENDPOINT_URL: .* must start with https://"),
        ({"AWS_ENDPOINT_URL": "https://me@s3.example.com"}, "AWS_ENDPOINT_URL: .* is not an address"),
    ],
)
def test_what_cannot_be_a_place_is_said_in_one_line(variables: dict[str, str], sentence: str) -> None:
    with pytest.raises(BadSetting, match=sentence):
        place(**{"DREAM_ARTIFACTS": "s3://bucket", **variables})


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9000", "http://[::1]:9000", "http://minio:9000"])
def test_plain_http_is_for_this_machine_and_for_neighbours(endpoint: str) -> None:
    found = place(DREAM_ARTIFACTS="s3://bucket", AWS_ENDPOINT_URL=endpoint)
    assert isinstance(found, Bucket)
    assert found.endpoint == endpoint
