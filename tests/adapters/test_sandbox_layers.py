"""Layers of installed packages: whole or not there, shared by workers, thrown away when old and unused."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from builds.adapters.sandbox_layers import Layers
from builds.ports import Unavailable

A, B, C = "a" * 64, "b" * 64, "c" * 64
KIB = 1024


def make(layers: Layers, key: str, *, size: int = 100 * KIB, age: float = 0) -> None:
    with layers.new() as files:
        (files / "data").write_bytes(os.urandom(size))
        layers.keep(files, key)
    mark = layers.folder / key / "layer.json"
    if age and mark.exists():
        os.utime(mark, (mark.stat().st_mtime - age,) * 2)


def test_a_layer_appears_whole_and_leaves_nothing_else(tmp_path: Path) -> None:
    layers = Layers(tmp_path / "layers")
    assert not layers.has(A)
    make(layers, A)
    assert layers.has(A)
    with layers.use(A) as files:
        assert (files / "data").stat().st_size == 100 * KIB
    assert [path.name for path in layers.folder.iterdir()] == [A]


def test_what_is_not_kept_goes(tmp_path: Path) -> None:
    layers = Layers(tmp_path / "layers")
    with layers.new() as files:
        (files / "half").write_text("")
    assert list(layers.folder.iterdir()) == []


def test_of_two_that_make_the_same_one_stays(tmp_path: Path) -> None:
    layers = Layers(tmp_path / "layers")
    with layers.new() as slow:
        (slow / "who").write_text("slow")
        with layers.new() as fast:
            (fast / "who").write_text("fast")
            layers.keep(fast, A)
        layers.keep(slow, A)
    with layers.use(A) as files:
        assert (files / "who").read_text() == "fast"
    assert [path.name for path in layers.folder.iterdir()] == [A]


def test_many_workers_at_once_leave_one_whole_layer(tmp_path: Path) -> None:
    layers = Layers(tmp_path / "layers")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: make(layers, A), range(16)))
    assert [path.name for path in layers.folder.iterdir()] == [A]


def test_the_longest_unused_goes_first_when_there_is_too_much(tmp_path: Path) -> None:
    layers = Layers(tmp_path / "layers", most_bytes=250 * KIB)
    make(layers, A, age=300)
    make(layers, B, age=200)
    assert layers.has(A)  # asking is using
    make(layers, C)
    assert (layers.has(A), layers.has(B), layers.has(C)) == (True, False, True)


def test_what_is_in_use_stays_even_when_it_is_too_much(tmp_path: Path) -> None:
    layers = Layers(tmp_path / "layers", most_bytes=150 * KIB)
    make(layers, A, age=300)
    with layers.use(A) as files:
        make(layers, B)
        assert (files / "data").exists()
    make(layers, C)
    assert not layers.has(A)


def test_using_a_layer_that_went_is_worth_another_try(tmp_path: Path) -> None:
    with pytest.raises(Unavailable), Layers(tmp_path).use(A):
        pass


def test_what_a_dead_worker_left_half_made_goes_after_some_hours(tmp_path: Path) -> None:
    layers = Layers(tmp_path / "layers")
    for name, hours in ((".new-dead", 7), (".new-alive", 1)):
        folder = layers.folder / name
        folder.mkdir(parents=True)
        os.utime(folder, (folder.stat().st_mtime - hours * 3600,) * 2)
    make(layers, A)
    assert sorted(path.name for path in layers.folder.iterdir()) == [".new-alive", A]


@pytest.mark.parametrize("key", ["", "../etc", "A" * 64, "a" * 63, "a" * 64 + "/x"])
def test_a_key_is_a_hash_and_no_path(key: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no key"):
        Layers(tmp_path).has(key)
