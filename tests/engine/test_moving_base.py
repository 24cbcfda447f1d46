"""The base branch moves while a build runs: elsewhere, in our files, under our very lines."""

from pathlib import Path

import pytest

from builds.coding.git import Git
from builds.models import Job
from builds.ports import PullRequest
from tests.world import PAPERBOY, World

MAIN = "paperboy/__main__.py"
BESIDE = ('store.connect("paperboy.db")', 'store.connect("papers.db")')
UNDER = (
    "from paperboy import store, subscribers",
    "from paperboy import store\nfrom paperboy import subscribers",
)
BEFORE_REVIEW, BEFORE_CREATE_PR = 4, 5  # stations that have run


def push(world: World, folder: Path, path: str, change: tuple[str, str]) -> str:
    """Somebody pushes a change of one file to main; the new head."""
    bare = Git(git_dir=world.forge.root / PAPERBOY.owner / f"{PAPERBOY.name}.git")
    base = bare.text("rev-parse", "refs/heads/main")
    text = bare.run("cat-file", "blob", f"{base}:{path}").decode()
    assert change[0] in text
    blob = bare.text("hash-object", "-w", "--stdin", stdin=text.replace(*change).encode())
    aside = bare.using(GIT_INDEX_FILE=str(folder / "push.index"))
    aside.run("read-tree", base)
    aside.run("update-index", "--cacheinfo", f"100644,{blob},{path}")
    who = "Somebody <somebody@example.org> 1767225600 +0000"
    lines = [
        f"tree {aside.text('write-tree')}",
        f"parent {base}",
        f"author {who}",
        f"committer {who}",
        "",
        "x",
        "",
    ]
    sha = bare.text("hash-object", "-w", "-t", "commit", "--stdin", stdin="\n".join(lines).encode())
    bare.run("update-ref", "refs/heads/main", sha, base)
    return sha


def begin(world: World, stations: int) -> Job:
    """A build that has run so many stations."""
    job = world.submit()
    for _ in range(stations):
        world.step()
    return job


def pull_of(world: World, job: Job) -> PullRequest:
    """Its pull request."""
    found = world.forge.find_pull(PAPERBOY, job.branch)
    assert found is not None, (job.status, job.error_code, job.error_message)
    return found


def test_a_base_that_moves_in_other_files_changes_nothing(world: World, tmp_path: Path) -> None:
    job = begin(world, BEFORE_REVIEW)
    job.refresh_from_db()
    base = job.base_sha
    push(world, tmp_path, "AGENTS.md", ("Standard library only.", "The standard library only."))
    job = world.run(job)
    assert (job.status, pull_of(world, job).draft, job.base_sha) == ("succeeded", False, base)
    assert not job.events.filter(name="station.sent_back").exists()


@pytest.mark.parametrize("stations", [BEFORE_REVIEW, BEFORE_CREATE_PR])
@pytest.mark.sampled(2)
def test_work_that_still_applies_starts_over_on_the_new_base_once(
    world: World, tmp_path: Path, stations: int
) -> None:
    job = begin(world, stations)
    head = push(world, tmp_path, MAIN, BESIDE)
    job = world.run(job)
    pull = pull_of(world, job)
    assert (job.status, job.base_sha, job.review_returns, pull.draft) == ("succeeded", head, 0, False)
    sent = job.events.get(name="station.sent_back")
    assert sent.message == f"main moved meanwhile and changed {MAIN}; it starts over on that"
    bare = Git(git_dir=world.forge.root / PAPERBOY.owner / f"{PAPERBOY.name}.git")
    text = bare.run("cat-file", "blob", f"{pull.head_sha}:{MAIN}").decode()
    assert "papers.db" in text
    assert 'case ["export"]' in text
    assert [c.status for c in job.criteria.all()] == ["met"] * 4
    assert not [request for request in world.model.requests if "implement" in request.purpose][7:]


@pytest.mark.campaign
def test_work_that_collides_ends_in_a_draft_that_says_so(world: World, tmp_path: Path) -> None:
    job = begin(world, BEFORE_REVIEW)
    push(world, tmp_path, MAIN, UNDER)
    job = world.run(job)
    pull = pull_of(world, job)
    assert (job.status, pull.draft) == ("succeeded", True)
    assert f"main changed the same files meanwhile: {MAIN}" in pull.body
    assert "base_moved" in pull.body
    assert not job.events.filter(name="station.sent_back").exists()


@pytest.mark.campaign
def test_a_base_that_moves_a_second_time_makes_a_draft(world: World, tmp_path: Path) -> None:
    job = begin(world, BEFORE_REVIEW)
    push(world, tmp_path, MAIN, BESIDE)
    for _ in range(4):  # review sends back, then implement, verify, review
        world.step()
    push(world, tmp_path, MAIN, ("papers.db", "letters.db"))
    job = world.run(job)
    assert (job.status, pull_of(world, job).draft) == ("succeeded", True)
    assert job.events.filter(name="station.sent_back").count() == 1
