"""The set-up phase in whole builds: before the first check, kept as evidence, and told to people."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from builds.adapters.model_scripted import ScriptedModel
from builds.adapters.sandbox_bwrap import BwrapSandbox
from builds.adapters.sandbox_extras import Egress
from builds.models import Repo
from builds.ports import RepoName
from builds.sessions import ScriptedCall, ScriptedTurn, Session
from tests.package_index import Index
from tests.world import World, make_world

NAME = RepoName("dream", "hello")
SPEC = "# Say goodbye\n\n## Goal\n\nBe polite.\n\n## Acceptance criteria\n\n- [ ] `bye()` says goodbye\n"
FILES = {
    "requirements.txt": "greeting==2.1\n",
    "hello.py": "import greeting\n\n\ndef hello():\n    return greeting.WORD\n",
    "test_hello.py": "import unittest\n\nimport hello\n\n\nclass HelloTest(unittest.TestCase):\n"
    "    def test_hello(self):\n        self.assertEqual(hello.hello(), 'hello')\n",
}
TEST = "import unittest\n\nimport bye\n\n\nclass ByeTest(unittest.TestCase):\n"
TEST += "    def test_bye(self):\n        self.assertEqual(bye.bye(), 'goodbye')\n"
PLAN = {
    "summary": "One function.",
    "items": [
        {
            "key": "1",
            "title": "Say goodbye",
            "why": "",
            "criteria": [1],
            "paths": ["bye.py", "test_bye.py", "requirements.txt"],
            "read": ["hello.py", "requirements.txt"],
            "check": "tests",
            "depends": [],
            "risk": "low",
        }
    ],
    "left_out": [],
}
REVIEW = {
    "verdict": "approve",
    "summary": "Fine.",
    "risk": "low",
    "recommendation": "proceed",
    "findings": [],
}


def session(*calls: ScriptedCall) -> ScriptedModel:
    """A model that plans one item, makes these calls, is done, and approves."""
    done = ScriptedCall(
        tool="finish", arguments={"status": "done", "summary": "It is there.", "criteria": [1]}
    )
    turns = (
        ScriptedTurn(purpose="plan", text=json.dumps(PLAN)),
        ScriptedTurn(purpose="implement", item="1", turn=1, calls=calls),
        ScriptedTurn(purpose="implement", item="1", turn=2, calls=(done,)),
        ScriptedTurn(purpose="review", text=json.dumps(REVIEW)),
    )
    return ScriptedModel([Session(turn=turns)])


def write(path: str, content: str) -> ScriptedCall:
    return ScriptedCall(tool="write", arguments={"path": path, "content": content})


PLAIN = (write("bye.py", "def bye():\n    return 'goodbye'\n"), write("test_bye.py", TEST))


@pytest.fixture
def world(transactional_db: None, tmp_path: Path, index: Index) -> World:
    """A repository that needs a package from the index of the test."""
    index.add_wheel("greeting", "2.1", {"greeting.py": "WORD = 'hello'\n"})
    sandbox = BwrapSandbox(layers=tmp_path / "layers", egress=index.egress)
    made = make_world(tmp_path, sandbox=sandbox, model=session(*PLAIN))
    publish(made, tmp_path, FILES)
    return made


def publish(world: World, folder: Path, files: dict[str, str], **policy: object) -> None:
    """Make the repository."""
    for path, text in files.items():
        (folder / "source" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "source" / path).write_text(text)
    world.forge.create(NAME, folder / "source")
    Repo.objects.create(owner=NAME.owner, name=NAME.name, policy=policy)


def test_a_build_installs_first_and_says_so_in_the_pull_request(world: World) -> None:
    job = world.run(world.submit(repo_name=NAME.name, spec_markdown=SPEC))
    assert (job.status, job.error_code, job.error_message) == ("succeeded", "", "")
    pull = world.forge.find_pull(NAME, job.branch)
    assert pull is not None
    assert not pull.draft
    assert "- python dependencies of requirements.txt; 1 packages, installed in " in pull.body
    assert [c.status for c in job.criteria.all()] == ["met"]
    [setup] = job.artifacts.filter(kind="setup")
    assert json.loads(world.ports.artifacts.get(setup.sha256))["installed"] == ["greeting==2.1"]
    assert job.events.filter(message="Setting up python: requirements.txt").exists()


def test_a_set_up_that_fails_ends_the_build_before_any_code_is_written(world: World, index: Index) -> None:
    index.files.clear()
    job = world.run(world.submit(repo_name=NAME.name, spec_markdown=SPEC))
    assert (job.status, job.error_code, job.error_station) == ("failed", "setup_failed", "implement")
    assert "No matching distribution found for greeting==2.1" in job.error_message
    assert {call.purpose for call in job.model_calls.all()} == {"plan"}


@pytest.mark.campaign
def test_an_index_that_is_down_is_tried_again(world: World, index: Index, tmp_path: Path) -> None:
    gone = Egress(hosts=("nowhere.invalid",), variables={"PIP_INDEX_URL": "https://nowhere.invalid/simple"})
    sandbox = BwrapSandbox(layers=tmp_path / "layers", egress=gone)
    world = replace(world, ports=replace(world.ports, sandbox=sandbox))
    job = world.submit(repo_name=NAME.name, spec_markdown=SPEC)
    for _ in range(3):
        world.step()
    job.refresh_from_db()
    assert (job.status, job.station, job.tries) == ("queued", "implement", 1)
    assert "could not reach nowhere.invalid" in job.wait_reason


@pytest.mark.campaign
def test_a_changed_manifest_is_installed_for_its_checks_and_pauses(world: World, index: Index) -> None:
    index.add_wheel("farewell", "1.0", {"farewell.py": "WORD = 'goodbye'\n"})
    calls = (
        write("bye.py", "import farewell\n\n\ndef bye():\n    return farewell.WORD\n"),
        write("test_bye.py", TEST),
        write("requirements.txt", "farewell==1.0\ngreeting==2.1\n"),
    )
    world = replace(world, ports=replace(world.ports, model=session(*calls)))
    job = world.run(world.submit(repo_name=NAME.name, spec_markdown=SPEC))
    assert (job.status, job.station) == ("paused", "create_pr")
    assert [finding["path"] for finding in job.approvals.get().findings] == ["requirements.txt"]
    after = job.check_results.filter(phase="after").get()
    assert after.outcome == "passed"
    stored = [json.loads(world.ports.artifacts.get(a.sha256)) for a in job.artifacts.filter(kind="setup")]
    assert sorted(setup["scripts"] for setup in stored) == [False, True]


def test_a_factory_file_names_the_checks_and_a_change_cannot(world: World, tmp_path: Path) -> None:
    said = "checks:\n  unit: python3 -m unittest discover -v\n"
    other = RepoName("dream", "told")
    (tmp_path / "source" / ".dream").mkdir()
    (tmp_path / "source" / ".dream" / "factory.yaml").write_text(said)
    world.forge.create(other, tmp_path / "source")
    Repo.objects.create(owner=other.owner, name=other.name)
    job = world.submit(repo_name=other.name, spec_markdown=SPEC)
    world.step()
    job.refresh_from_db()
    assert job.intake is not None
    assert [(check["name"], check["source"]) for check in job.intake["checks"]] == [
        ("unit", ".dream/factory.yaml")
    ]


def test_a_factory_file_that_cannot_be_used_ends_the_build_at_intake(world: World, tmp_path: Path) -> None:
    other = RepoName("dream", "broken")
    (tmp_path / "source" / ".dream").mkdir()
    (tmp_path / "source" / ".dream" / "factory.yaml").write_text("test_runs: {}\n")
    world.forge.create(other, tmp_path / "source")
    Repo.objects.create(owner=other.owner, name=other.name)
    job = world.run(world.submit(repo_name=other.name, spec_markdown=SPEC))
    assert (job.status, job.error_code, job.error_station) == ("failed", "factory_file_invalid", "intake")
    assert "test_runs" in job.error_message
