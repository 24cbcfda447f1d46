"""The folder of a station: gone after it, and gone at the next claim when its worker was killed."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from builds.models import Job
from builds.scratch import scratch


@pytest.fixture(autouse=True)
def own_tmp(tmp_path: Path) -> Iterator[None]:
    """Temporary files go to a folder of this test."""
    before, tempfile.tempdir = tempfile.tempdir, str(tmp_path)
    yield
    tempfile.tempdir = before


def test_it_is_gone_after_the_station_however_that_ended(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), scratch(Job(pk=1)) as folder:
        (folder / "tree" / "file").write_bytes(b"")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_worker_left_of_the_same_job_goes_and_nothing_else(tmp_path: Path) -> None:
    never_left = scratch(Job(pk=1))
    killed = never_left.__enter__()
    (killed / "large.bin").write_bytes(b"x" * 1000)
    with scratch(Job(pk=11)) as other, scratch(Job(pk=1)) as mine:
        assert sorted(tmp_path.iterdir()) == sorted([other, mine])
    assert not killed.exists()
