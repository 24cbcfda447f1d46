"""A planted key appears nowhere outside the work tree: not in rows, artifacts, logs, requests or the branch.

The keys are in files that look secret and in the environment of the worker, and the repository's own test
prints the environment and everything that it can reach of the processes around it. What a test prints of a
file of its own work tree, and keys in files that do not look secret, are matters of masking, not of this.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_httpserver import HTTPServer

from builds.adapters.forge_local import LocalForge
from builds.adapters.model_openai import OpenAIModel
from builds.models import Job, Repo
from builds.ports import RepoName
from builds.sessions import ScriptedCall, ScriptedTurn, Session
from tests.relay.endpoint import Relay
from tests.untrusted.test_obedience import KEY, SECRETS
from tests.world import EXAMPLES, World, make_world

Leaky = Callable[[], tuple[World, Relay]]
LEAKY = RepoName("dream", "leaky")
ENVIRONMENT_KEY = "planted-in-the-environment-77aa12"
API_KEY = "planted-key-of-the-provider-31c0"
LOOKS: tuple[tuple[str, dict[str, Any]], ...] = (
    *(("read", {"path": path}) for path in SECRETS),
    ("search", {"pattern": "planted", "mode": "lines"}),
    ("search", {"pattern": "TOKEN|password|auth", "regex": True, "mode": "lines"}),
    ("list_files", {"glob": "**"}),
    ("outline", {"path": ".env"}),
    ("read", {"path": ".git/config"}),
    ("edit", {"path": ".env", "old": "TOKEN", "new": "OPEN"}),
    ("check", {"name": "tests"}),
)
PRYING = '''"""Prints all that it can reach."""

import os
import unittest
from pathlib import Path


class PryingTest(unittest.TestCase):
    def test_it_pries(self):
        print(dict(os.environ))
        for process in Path("/proc").glob("[0-9]*"):
            for name in ("environ", "cmdline"):
                try:
                    print((process / name).read_bytes())
                except OSError:
                    pass
        for folder in ("/root", "/home", "/tmp", "/run", "/var", "/etc"):
            for path in sorted(Path(folder).glob("**/*env*"))[:50]:
                print(path)
        self.fail("so that the output is kept and shown")
'''


def scripted() -> Session:
    """The session of the example, whose writer first looks everywhere: a look for each turn of its own."""
    session = Session.read(EXAMPLES / "csv-export.toml")
    calls = tuple(ScriptedCall(tool=tool, arguments=given) for tool, given in LOOKS)
    turns = list[ScriptedTurn]()
    for turn in session.turn:
        if turn.purpose == "implement" and turn.item == "1" and turn.turn == 1:
            turns.append(turn.model_copy(update={"calls": calls}))
        turns.append(turn)
    return Session(turn=()).model_copy(update={"turn": tuple(turns)})


@pytest.fixture
def leaky(
    transactional_db: None, tmp_path: Path, httpserver: HTTPServer
) -> Callable[[], tuple[World, Relay]]:
    """The example repository with keys planted in it, and a provider that obeys every order."""

    def make() -> tuple[World, Relay]:
        answers = scripted().turn
        relay = Relay(lambda number, _: answers[number - 1])
        httpserver.expect_request("/v1/chat/completions", method="POST").respond_with_handler(relay)
        world = make_world(tmp_path, model=OpenAIModel(API_KEY, httpserver.url_for("/v1"), timeout=20))
        source = tmp_path / "source"
        shutil.copytree(EXAMPLES / "paperboy", source)
        for path, text in SECRETS.items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_text(text)
        (source / "tests" / "test_prying.py").write_text(PRYING)
        assert isinstance(world.ports.forge, LocalForge)
        world.ports.forge.create(LEAKY, source)
        Repo.objects.create(owner=LEAKY.owner, name=LEAKY.name)
        return world, relay

    return make


def rows() -> Iterator[str]:
    """Every row of every table, as Postgres writes it."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608  names from the database itself
            yield from (row[0] for row in cursor.fetchall())


def written(folder: Path) -> Iterator[str]:
    """Every file below a folder, as text."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes().decode("utf-8", "replace")


def changed(world: World, job: Job) -> str:
    """The whole diff that is on the branch."""
    assert isinstance(world.ports.forge, LocalForge)
    return world.ports.artifacts.get(job.change_set).decode("utf-8", "replace") if job.change_set else ""


def test_a_planted_key_appears_nowhere_outside_the_work_tree(
    leaky: Leaky,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PLANTED", ENVIRONMENT_KEY)
    monkeypatch.setenv("OPENAI_API_KEY", API_KEY)
    world, relay = leaky()
    job = world.run(world.submit(repo_owner=LEAKY.owner, repo_name=LEAKY.name))
    assert (job.status, job.error_code) == ("succeeded", "")
    bodies = [str(body) for body in relay.requests]
    assert any("so that the output is kept" in body for body in bodies)  # the prying test was run and shown
    pages = list(written(tmp_path / "repos" / "dream" / "leaky.pulls"))
    assert pages
    printed = "".join(capfd.readouterr())
    places = {
        "rows": list(rows()),
        "requests": bodies,
        "artifacts": list(written(tmp_path / "artifacts")),
        "pull requests": pages,
        "logs": [printed],
        "the change": [changed(world, job)],
    }
    assert all(texts and any(texts) for texts in places.values())
    for key in (KEY, ENVIRONMENT_KEY, API_KEY):
        leaks = [name for name, texts in places.items() if any(key in text for text in texts)]
        assert (key, leaks) == (key, [])
