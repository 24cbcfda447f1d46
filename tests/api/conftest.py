"""The people of the doors' tests: Alice who asks, Bob who is somebody else; and one known repo."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.conf import LazySettings

from tests.api.described import WRONG
from tests.api.tokens import SECRET
from tests.api.world import Api, pause

if TYPE_CHECKING:  # this file is read before there are settings, and models need them
    from builds.models import Job, Repo


@pytest.fixture(autouse=True)
def doors(settings: LazySettings) -> LazySettings:
    """As the tests' environment has them, whatever another test changed."""
    settings.STORIA_SECRETS = (SECRET,)
    settings.ALLOW_SHARED_SECRET = False
    settings.JWT_ISSUER, settings.JWT_AUDIENCE = "storia", ""
    settings.CALLBACK_INSECURE = False
    return settings


@pytest.fixture(autouse=True)
def described(settings: LazySettings) -> Iterator[None]:
    """Every answer of the test is one that the schema describes."""
    settings.MIDDLEWARE = ["tests.api.described.middleware", *settings.MIDDLEWARE]
    WRONG.clear()
    yield
    found = list(dict.fromkeys(WRONG))
    assert found == []


@pytest.fixture
def alice() -> Api:
    """The builder who asks."""
    return Api()


@pytest.fixture
def bob() -> Api:
    """A builder who has nothing to do with Alice's jobs."""
    return Api({"sub": "bob"})


@pytest.fixture
def repo(db: None) -> "Repo":
    """The one repository that is registered."""
    found: Repo = apps.get_model("builds.Repo").objects.create(owner="acme", name="shop")
    return found


@pytest.fixture
def job(alice: Api, repo: "Repo") -> "Job":
    """Alice's job, as it came in."""
    assert alice.submit().status_code == 202
    found: Job = apps.get_model("builds.Job").objects.get(job_id="job-1")
    return found


@pytest.fixture
def paused(job: "Job") -> "Job":
    """Alice's job, stopped at a question that its owner may answer."""
    pause(job, "owner")
    return job
