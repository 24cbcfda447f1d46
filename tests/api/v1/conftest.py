"""The people at `/v1`: Alice who orders runs, Bob who is somebody else, Olga who registers repositories."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.api.operators import token_of, user
from tests.api.v1.world import V1


@pytest.fixture(autouse=True)
def forge(tmp_path: Path, settings: LazySettings) -> Iterator[Path]:
    """The folder of a forge on disk that holds acme/shop, and is the one that the doors look at."""
    connect = import_module("builds.adapters").connect  # this file is read before there are settings
    settings.LOCAL_REPOS = import_module("tests.adapters.local_forges").make(tmp_path) / "forge"
    connect.cache_clear()
    yield settings.LOCAL_REPOS
    connect.cache_clear()


@pytest.fixture
def alice() -> V1:
    """The builder who orders."""
    return V1()


@pytest.fixture
def bob() -> V1:
    """A builder who has nothing to do with Alice's runs."""
    return V1({"sub": "bob"})


@pytest.fixture
def olga(db: None) -> V1:
    """An operator with a token for repositories and runs."""
    owner = user("olga", "change_repo", "add_job", "operate_job")
    scopes = ("repos:read", "repos:write", "builds:read", "builds:write", "builds:operate")
    return V1(bearer=token_of(owner, *scopes)[1])
