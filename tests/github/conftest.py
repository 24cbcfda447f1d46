"""A twin with one repository, and the forge that talks to it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from builds.adapters.forge_github import GitHubForge
from builds.adapters.forge_github_access import Account
from tests.adapters.local_forges import REPO, make
from tests.github.server import serving
from tests.github.state import Hub
from tests.github.twin import APP_ID, TOKEN, Twin, private_key


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose `forge` holds the repository acme/shop."""
    return make(tmp_path_factory.mktemp("source"))


@pytest.fixture
def twin(source: Path, tmp_path: Path) -> Iterator[Twin]:
    """GitHub with that repository. Each request and answer is as GitHub's own description says."""
    shutil.copytree(source / "forge", tmp_path / "github")
    with serving(Twin(tmp_path / "github")) as found:
        found.add(REPO, tmp_path / "github" / "acme" / "shop.git").source = source / "forge"
        yield found
    assert found.violations == []


@pytest.fixture
def hub(twin: Twin) -> Hub:
    """The repository as the twin holds it."""
    return twin.hubs[str(REPO)]


@pytest.fixture
def forge(twin: Twin) -> Iterator[GitHubForge]:
    """The adapter with a token."""
    made = GitHubForge(Account(api_url=twin.api_url, token=TOKEN))
    yield made
    made.close()


@pytest.fixture(scope="session")
def app_key() -> tuple[str, rsa.RSAPublicKey]:
    """A private key in PEM form, and its public half."""
    return private_key()


@pytest.fixture
def app_forge(twin: Twin, app_key: tuple[str, rsa.RSAPublicKey]) -> Iterator[GitHubForge]:
    """The adapter as an App."""
    pem, twin.app_key = app_key
    made = GitHubForge(Account(api_url=twin.api_url, app_id=APP_ID, private_key=pem))
    yield made
    made.close()
