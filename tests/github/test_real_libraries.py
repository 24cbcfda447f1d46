"""Public libraries at GitHub, from spec to a green pull request; what they need comes from its registry."""

import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from builds.adapters.forge_github import GitHubForge
from builds.adapters.forge_github_access import Account
from builds.adapters.forge_local import LocalForge
from builds.adapters.model_scripted import ScriptedModel
from builds.models import Job, Repo
from builds.ports import PullRequest, RepoName
from builds.sessions import ScriptedCall, ScriptedTurn, Session
from tests.github.server import serving
from tests.github.twin import TOKEN, Twin
from tests.world import make_world

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(900)]

OWNER = "dream"


@pytest.fixture
def github(transactional_db: None, tmp_path: Path) -> Iterator[tuple[Twin, GitHubForge]]:
    """An empty GitHub, and the forge that talks to it."""
    with serving(Twin(tmp_path / "repos")) as twin:
        forge = GitHubForge(Account(api_url=twin.api_url, token=TOKEN))
        yield twin, forge
        forge.close()
    assert twin.violations == []


def build(
    github: tuple[Twin, GitHubForge], source: Path, model: ScriptedModel, spec_markdown: str
) -> tuple[Job, PullRequest]:
    """Put a library into GitHub, build the spec, and look at what stands."""
    twin, forge = github
    name = RepoName(OWNER, source.name)
    LocalForge(twin.root).create(name, source)
    twin.add(name, twin.root / name.owner / f"{name.name}.git")
    world = make_world(twin.root.parent, model=model, forge=forge)
    Repo.objects.create(owner=name.owner, name=name.name)
    job = world.run(world.submit(repo_name=name.name, spec_markdown=spec_markdown))
    assert (job.status, job.error_code, job.error_message) == ("succeeded", "", "")
    pull = forge.find_pull(name, job.branch)
    assert pull is not None
    assert (pull.draft, {criterion.status for criterion in job.criteria.all()}) == (False, {"met"})
    return job, pull


def library(folder: Path, *command: str) -> Path:
    """Fetch a source package with this machine's own client, and unpack it; returns its root."""
    downloads = folder / "downloads"
    downloads.mkdir()
    ran = subprocess.run(command, cwd=downloads, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    [archive] = [*downloads.glob("*.tar.gz"), *downloads.glob("*.tgz")]
    with tarfile.open(archive) as packed:
        packed.extractall(folder / "source", filter="data")
    [root] = (folder / "source").iterdir()
    return root


def written(item: str, *, check: str, files: dict[str, str]) -> ScriptedModel:
    """A model that plans one item, writes these files, is done, and approves."""
    planned = {"key": "1", "title": item, "criteria": [1], "paths": list(files), "check": check}
    plan = {"summary": item, "items": [planned], "left_out": []}
    review = {"verdict": "approve", "summary": "It reads only.", "risk": "low"}
    review |= {"recommendation": "proceed", "findings": []}  # type: ignore[dict-item]
    calls = [ScriptedCall(tool="write", arguments={"path": p, "content": text}) for p, text in files.items()]
    done = {"status": "done", "summary": f"{item}.", "criteria": [1]}
    turns = (
        ScriptedTurn(purpose="plan", text=json.dumps(plan)),
        ScriptedTurn(purpose="implement", item="1", turn=1, calls=tuple(calls)),
        ScriptedTurn(
            purpose="implement", item="1", turn=2, calls=(ScriptedCall(tool="finish", arguments=done),)
        ),
        ScriptedTurn(purpose="review", text=json.dumps(review)),
    )
    return ScriptedModel([Session(turn=turns)])


def spec(title: str, criterion: str) -> str:
    return f"# {title}\n\n## Goal\n\nPeople ask for it.\n\n## Acceptance criteria\n\n- [ ] {criterion}\n"


AGE = '''
"""How old a signed value is."""

from datetime import datetime, timedelta, timezone

from itsdangerous.timed import TimestampSigner


def age(signer: TimestampSigner, signed: str | bytes) -> timedelta:
    """The time since it was signed. Raises BadSignature as unsign() does."""
    _, at = signer.unsign(signed, return_timestamp=True)
    return datetime.now(timezone.utc) - at
'''.lstrip()
AGE_TEST = """
from datetime import timedelta

import pytest
from freezegun import freeze_time

from itsdangerous.age import age
from itsdangerous.exc import BadSignature
from itsdangerous.timed import TimestampSigner


def test_age_is_the_time_since_it_was_signed():
    signer = TimestampSigner("secret")
    with freeze_time("2026-01-01") as frozen:
        signed = signer.sign("value")
        frozen.tick(timedelta(minutes=5))
        assert age(signer, signed) == timedelta(minutes=5)


def test_age_of_a_forged_value_is_refused():
    with pytest.raises(BadSignature):
        age(TimestampSigner("secret"), b"value.forged")
""".lstrip()


def test_a_python_library_with_its_tests_and_dependencies_becomes_a_green_pull_request(
    github: tuple[Twin, GitHubForge], tmp_path: Path
) -> None:
    pip = (sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:")
    source = library(tmp_path, *pip, "itsdangerous==2.2.0")
    paths = ("src/itsdangerous/age.py", "tests/test_itsdangerous/test_age.py")
    files = dict(zip(paths, (AGE, AGE_TEST), strict=True))
    model = written("Tell how old a signature is", check="tests", files=files)
    markdown = spec("Tell how old a signature is", "`age(signer, signed)` is the time since it was signed")
    job, pull = build(github, source, model, markdown)
    before = job.check_results.get(phase="baseline").run
    after = job.check_results.get(phase="after").run
    assert (before["outcome"], after["outcome"]) == ("passed", "passed")
    assert (len(before["tests"]), len(after["tests"])) == (297, 299)
    assert "python dependencies of requirements/tests.txt; 7 packages" in pull.body


IDLE = """
'use strict'

/** Whether nothing waits in the queue and nothing runs. */
module.exports = function isIdle (queue) {
  return queue.length() === 0 && queue.running() === 0
}
""".lstrip()
IDLE_TEST = """
'use strict'

const test = require('tape')
const buildQueue = require('..')
const isIdle = require('../idle')

test('a queue is idle until something is pushed, and again after it', (t) => {
  t.plan(3)
  const queue = buildQueue((job, done) => setImmediate(done), 1)
  t.equal(isIdle(queue), true)
  queue.push('work', () => setImmediate(() => t.equal(isIdle(queue), true)))
  t.equal(isIdle(queue), false)
})
""".lstrip()


def test_a_node_library_with_its_tests_and_dependencies_becomes_a_green_pull_request(
    github: tuple[Twin, GitHubForge], tmp_path: Path
) -> None:
    source = library(tmp_path, "npm", "pack", "--silent", "fastq@1.20.3")
    (source / ".dream").mkdir()
    (source / ".dream" / "factory.yaml").write_text("checks:\n  tests: npx tape 'test/*.js'\n")
    files = {"idle.js": IDLE, "test/idle.js": IDLE_TEST}
    model = written("Tell whether a queue is idle", check="tests", files=files)
    markdown = spec(
        "Tell whether a queue is idle", "`isIdle(queue)` is true when nothing waits and nothing runs"
    )
    job, pull = build(github, source, model, markdown)
    before = job.check_results.get(phase="baseline").run
    after = job.check_results.get(phase="after").run
    assert (before["outcome"], after["outcome"]) == ("passed", "passed")
    assert len(after["tests"]) == len(before["tests"]) + 1 > 30
    assert "node dependencies of package.json; " in pull.body
