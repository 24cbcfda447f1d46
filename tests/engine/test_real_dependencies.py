"""The examples with dependencies, from spec to pull request; what they need comes from its registry."""

import pytest

from builds.models import Repo
from builds.ports import RepoName
from tests.world import EXAMPLES, World

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(900)]


@pytest.mark.parametrize(
    ("example", "spec", "installed"),
    [("lending", "overdue-books", "3 packages"), ("slugs", "unique-slugs", "3 packages")],
)
def test_an_example_with_dependencies_becomes_a_green_pull_request(
    world: World, example: str, spec: str, installed: str
) -> None:
    name = RepoName("dream", example)
    world.forge.create(name, EXAMPLES / example)
    Repo.objects.create(owner=name.owner, name=name.name)
    job = world.run(world.submit(repo_name=name.name, spec=spec))
    assert (job.status, job.error_code, job.error_message) == ("succeeded", "", "")
    pull = world.forge.find_pull(name, job.branch)
    assert pull is not None
    assert (pull.draft, {criterion.status for criterion in job.criteria.all()}) == (False, {"met"})
    assert f"; {installed}, installed in " in pull.body
