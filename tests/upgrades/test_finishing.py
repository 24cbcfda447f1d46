"""A build that an earlier version left in the middle of implement is finished by this one."""

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import redis

from dreamsite import servers
from tests.conftest import SERVERS, RunManage
from tests.upgrades.rows import insert

HERE = Path(__file__).resolve().parent
VERSIONS = sorted(folder for folder in HERE.iterdir() if (folder / "rows.json").exists())
REPO = Path("dream") / "paperboy"


@pytest.fixture
def database(transactional_db: None) -> Iterator[str]:
    """The address of an empty database."""
    name = f"upgrade_{uuid4().hex[:12]}"
    server = SERVERS.urls.database.removesuffix(servers.DATABASE)
    with psycopg.connect(server + servers.DATABASE, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        yield server + name
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def at_that_version(version: Path, environment: dict[str, str], run_manage: RunManage) -> None:
    """The database, the artifacts and the repository as the earlier version left them."""
    for app, newest in json.loads((version / "rows.json").read_text())["migrations"].items():
        ran = run_manage("migrate", app, newest, "-v", "0", env=environment)
        assert (ran.returncode, ran.stderr) == (0, "")
    with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as connection:
        insert(connection, version / "rows.json")
    var = Path(environment["DREAM_VAR"])
    shutil.copytree(version / "artifacts", var / "artifacts")
    bare = var / "repos" / f"{REPO}.git"
    clone = ["git", "clone", "--quiet", "--bare", str(version / "paperboy.bundle"), str(bare)]
    subprocess.run(clone, check=True)


def one(connection: psycopg.Connection[Any], question: str) -> Any:
    """The first row of an answer."""
    return connection.execute(question.encode()).fetchone()


@pytest.mark.campaign
@pytest.mark.parametrize("version", VERSIONS, ids=lambda path: path.name)
def test_a_build_stopped_mid_implement_is_finished_by_this_version(
    version: Path, database: str, redis_client: redis.Redis, run_manage: RunManage, tmp_path: Path
) -> None:
    environment = {"DATABASE_URL": database, "DREAM_VAR": str(tmp_path / "var")}
    at_that_version(version, environment, run_manage)
    with psycopg.connect(database) as connection:
        newest = "SELECT purpose, item FROM builds_modelcall WHERE state = 'answered' ORDER BY id DESC"
        under_way = one(connection, newest)
        assert under_way[0] == "implement"
    for command in (("migrate", "-v", "0"), ("scheduler", "--once"), ("worker", "--burst")):
        ran = run_manage(*command, env=environment, timeout=170)
        assert (ran.returncode, "Traceback" in ran.stderr) == (0, False), ran.stderr
    with psycopg.connect(database) as connection:
        said = one(connection, "SELECT status, error_message, pr_number, reserved_usd FROM builds_job")
        assert said == ("succeeded", "", 1, 0)
        asked = "SELECT purpose, item, turn FROM builds_modelcall WHERE state = 'answered'"
        answers = Counter(connection.execute(asked.encode()).fetchall())
        # A version that words its prompts otherwise begins the item under way anew; nothing else.
        assert {(purpose, item) for (purpose, item, _), times in answers.items() if times > 1} <= {under_way}
        assert max(answers.values()) <= 2
        met = connection.execute(b"SELECT status FROM builds_jobcriterion").fetchall()
        assert met == [("met",)] * 4
    repos = tmp_path / "var" / "repos"
    assert len(list((repos / f"{REPO}.pulls").glob("*.json"))) == 1
    heads = subprocess.run(
        ["git", f"--git-dir={repos / REPO}.git", "for-each-ref", "--format=%(refname)", "refs/heads"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert len(heads.stdout.split()) == 2


def test_there_is_a_fixture_of_an_earlier_version() -> None:
    assert [version.name for version in VERSIONS][:1] == ["0003_callbacks"]
