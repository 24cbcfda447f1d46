"""What comes back out of the sandbox is a tar stream that generated code may have made."""

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from builds.adapters.sandbox_collect import Collector
from builds.sandboxed import Collect

Members = Callable[[tarfile.TarFile], None]


def collected(folder: Path, stream: bytes, *, most_bytes: int = 1 << 20) -> str:
    """Send a stream through; returns the error."""
    collector = Collector(Collect(inside="/anywhere", into=folder, most_bytes=most_bytes))
    writing = os.dup(collector.descriptor)
    collector.begin()
    with os.fdopen(writing, "wb") as out:
        out.write(stream)
    collector.join()
    return collector.error


def tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for member, data in members:
            archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def member(name: str, data: bytes = b"", **facts: object) -> tuple[tarfile.TarInfo, bytes]:
    found = tarfile.TarInfo(name)
    found.size = len(data)
    for key, value in facts.items():
        setattr(found, key, value)
    return found, data


def test_files_folders_and_links_arrive_with_plain_modes(tmp_path: Path) -> None:
    stream = tar(
        member("./bin", type=tarfile.DIRTYPE, mode=0o777),
        member("./bin/tool", b"run", mode=0o4775, mtime=1_700_000_000),
        member("./text", b"read", mode=0o600),
        member("./link", type=tarfile.SYMTYPE, linkname="bin/tool"),
        member("./same", type=tarfile.LNKTYPE, linkname="./text"),
    )
    assert collected(tmp_path / "in", stream) == ""
    tool, text = tmp_path / "in/bin/tool", tmp_path / "in/text"
    assert (tool.read_bytes(), tool.stat().st_mode & 0o7777, tool.stat().st_mtime) == (b"run", 0o755, 1.7e9)
    assert (text.read_bytes(), text.stat().st_mode & 0o7777) == (b"read", 0o644)
    assert (tmp_path / "in/link").readlink() == Path("bin/tool")
    assert (tmp_path / "in/same").samefile(text)


OUTSIDE = {
    "a path upwards": [member("../escaped", b"x")],
    "a path upwards in the middle": [member("a/../../escaped", b"x")],
    "an absolute path": [member("/tmp/dream-escaped", b"x")],
    "a link to write through": [
        member("door", type=tarfile.SYMTYPE, linkname=".."),
        member("door/escaped", b"x"),
    ],
    "a hard link to a file of the machine": [member("passwd", type=tarfile.LNKTYPE, linkname="/etc/passwd")],
    "a hard link upwards": [member("up", type=tarfile.LNKTYPE, linkname="../secret")],
    "a file twice": [member("a", b"one"), member("a", b"two")],
    "a file as a folder": [member("a", b"one"), member("a/b", b"two")],
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_nothing_lands_outside(name: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("kept")
    error = collected(tmp_path / "in", tar(*OUTSIDE[name]))
    assert error
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "secret"]
    assert not Path("/tmp/dream-escaped").exists()
    assert not (tmp_path / "in" / "up").exists()


def test_a_hard_link_to_a_link_is_not_made(tmp_path: Path) -> None:
    stream = tar(
        member("link", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        member("copy", type=tarfile.LNKTYPE, linkname="link"),
    )
    assert "link" in collected(tmp_path / "in", stream)
    assert list((tmp_path / "in").iterdir()) == []


def test_devices_and_pipes_are_left_out(tmp_path: Path) -> None:
    stream = tar(
        member("device", type=tarfile.CHRTYPE, devmajor=1, devminor=5),
        member("pipe", type=tarfile.FIFOTYPE),
        member("text", b"read"),
    )
    assert collected(tmp_path / "in", stream) == ""
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["text"]


def test_more_than_allowed_is_an_error_and_not_half_a_layer(tmp_path: Path) -> None:
    stream = tar(member("a", b"x" * 600), member("b", b"x" * 600))
    assert "more than" in collected(tmp_path / "in", stream, most_bytes=1000)


@pytest.mark.parametrize("stream", [b"", b"no tar at all" * 100, tar(member("a", b"x" * 5000))[:2000]])
def test_a_stream_that_is_none_or_ends_early_is_told(stream: bytes, tmp_path: Path) -> None:
    error = collected(tmp_path / "in", stream)
    assert bool(error) is bool(stream)


def test_a_flood_after_the_end_of_the_archive_is_read_away(tmp_path: Path) -> None:
    assert collected(tmp_path / "in", tar(member("a", b"x")) + b"\0" * 5_000_000) == ""
    assert (tmp_path / "in/a").read_bytes() == b"x"
