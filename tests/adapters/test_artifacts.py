"""What both stores promise, each over the real thing: a folder, and a server that speaks S3."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from builds.adapters.artifacts_blobs import PIECE, PROBE, Blobs
from builds.adapters.artifacts_local import LocalArtifacts
from builds.adapters.artifacts_s3 import S3Artifacts
from builds.ports import Refused
from tests.adapters.buckets import client, made_bucket, s3_server

BLOB = b"\x00\xffpatch\r\n" * 1000


@dataclass
class Kept:
    """A store, and what somebody else sees and does behind its back."""

    store: Blobs
    names: Callable[[], list[str]]
    overwrite: Callable[[str, bytes], object]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """One server for all."""
    with s3_server() as address:
        yield address


@pytest.fixture(params=["local", "s3"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    """Each store in turn, empty."""
    if request.param == "local":
        return Kept(
            LocalArtifacts(tmp_path / "blobs"),
            lambda: sorted(
                str(p.relative_to(tmp_path / "blobs")) for p in (tmp_path / "blobs").rglob("*") if p.is_file()
            ),
            lambda name, data: (tmp_path / "blobs" / name).write_bytes(data),
        )
    bucket = made_bucket(request.getfixturevalue("endpoint"))
    other = client(bucket)

    def listed() -> list[str]:
        found = other.list_objects_v2(Bucket=bucket.name).get("Contents", [])
        return [each["Key"].removeprefix("dream/blobs/") for each in found]

    return Kept(
        S3Artifacts(bucket),
        listed,
        lambda name, data: other.put_object(Bucket=bucket.name, Key=f"dream/blobs/{name}", Body=data),
    )


def name_of(data: bytes) -> str:
    """Where a blob must lie, in every store."""
    sha = sha256(data).hexdigest()
    return f"{sha[:2]}/{sha[2:]}"


@pytest.mark.parametrize("data", [b"", BLOB, b"x" * (9 << 20)], ids=["empty", "bytes", "9 MB"])
def test_a_blob_comes_back_to_the_byte_under_its_sha256(kept: Kept, data: bytes) -> None:
    sha = kept.store.put(data)
    assert sha == sha256(data).hexdigest()
    assert kept.store.get(sha) == data
    assert kept.names() == [name_of(data)]


def test_putting_a_blob_again_changes_nothing(kept: Kept) -> None:
    assert kept.store.put(BLOB) == kept.store.put(BLOB)
    assert kept.names() == [name_of(BLOB)]


def test_a_missing_blob_is_refused_by_name(kept: Kept) -> None:
    sha = sha256(b"never stored").hexdigest()
    with pytest.raises(Refused) as caught:
        kept.store.get(sha)
    assert caught.value.code == "artifact_missing"
    assert sha in str(caught.value)
    assert kept.store.place in str(caught.value)


def test_a_damaged_blob_is_never_handed_out_and_is_mended_by_putting_it_again(kept: Kept) -> None:
    sha = kept.store.put(BLOB)
    kept.overwrite(name_of(BLOB), BLOB[:-1])
    with pytest.raises(Refused) as caught:
        kept.store.get(sha)
    assert caught.value.code == "artifact_damaged"
    kept.store.put(BLOB)
    assert kept.store.get(sha) == BLOB


def test_the_probe_writes_and_reads_every_time_and_leaves_one_blob(kept: Kept) -> None:
    kept.store.probe()
    kept.overwrite(name_of(PROBE), b"what an earlier start left")
    kept.store.probe()
    assert kept.names() == [name_of(PROBE)]


@pytest.mark.parametrize("data", [b"", BLOB, b"x" * (1 << 20) + b"y"], ids=["empty", "bytes", "1 MB"])
def test_a_blob_is_streamed_in_pieces_of_bounded_size(kept: Kept, data: bytes) -> None:
    pieces = list(kept.store.stream(kept.store.put(data)))
    assert b"".join(pieces) == data
    assert max(map(len, pieces)) <= PIECE


@pytest.mark.parametrize("span", [(0, 1), (0, 9000), (8999, 9000), (4, 70)])
def test_a_span_is_exactly_these_bytes(kept: Kept, span: tuple[int, int]) -> None:
    sha = kept.store.put(BLOB)
    assert b"".join(kept.store.stream(sha, span)) == BLOB[slice(*span)]


def test_a_missing_blob_is_refused_before_anything_is_streamed(kept: Kept) -> None:
    with pytest.raises(Refused) as caught:
        kept.store.stream("5" * 64)
    assert caught.value.code == "artifact_missing"


def test_of_a_damaged_blob_the_last_piece_is_never_given(kept: Kept) -> None:
    data = b"x" * (3 * PIECE)
    sha = kept.store.put(data)
    kept.overwrite(name_of(data), data[:-1] + b"y")
    given: list[bytes] = []
    with pytest.raises(Refused) as caught:
        given.extend(kept.store.stream(sha))
    assert caught.value.code == "artifact_damaged"
    assert len(b"".join(given)) < len(data)


def test_a_stream_that_nobody_wants_any_more_is_closed(kept: Kept) -> None:
    stream = kept.store.stream(kept.store.put(b"x" * (3 * PIECE)))
    assert len(next(stream)) == PIECE
    stream.close()
    assert list(stream) == []
