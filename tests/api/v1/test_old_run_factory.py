"""Every row of tests/api/v1/old_run_factory.py is answered so, by a real server over HTTP."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builds.models import Job, Repo
from builds.scopes import SCOPES
from tests.api.operators import token_of, user
from tests.api.servers import ask, serve
from tests.api.v1.old_run_factory import TABLE, Row
from tests.api.v1.world import write_issue


@pytest.fixture
def address(child_environment: dict[str, str], free_port: int, tmp_path: Path) -> Iterator[str]:
    """A server whose forge has the issue."""
    write_issue(tmp_path / "repos", 12)
    subprocess.run(["git", "init", "--bare", "-q", tmp_path / "repos/acme/shop.git"], check=True)
    with serve(child_environment, free_port, DREAM_VAR=str(tmp_path)) as found:
        yield found


def difference(address: str, row: Row, bearer: dict[str, str]) -> str:
    """What is wrong with the answer to a row; empty when nothing is."""
    method, path = row.send.replace("{run}", newest_run()).split(" ")
    headers = {**(bearer if row.token else {}), **({"Idempotency-Key": row.key} if row.key else {})}
    status, _, body = ask(method, f"{address}{path}", row.body, **headers)
    found = json.loads(body)
    if status != row.status:
        return f"{row.what}: {status} and not {row.status}: {body.decode()[:200]}"
    if not str(found.get("error") or "").startswith(row.error):
        return f"{row.what}: {found.get('error')!r} and not {row.error!r}"
    wrong = {path: at(found, path) for path, value in row.fields.items() if at(found, path) != value}
    return f"{row.what}: {wrong}" if wrong else ""


def newest_run() -> str:
    """The one that was made last."""
    return Job.objects.order_by("-pk").values_list("job_id", flat=True).first() or ""


def at(found: Any, path: str) -> Any:
    """What stands at a path; a word for what does not."""
    for part in path.split("."):
        try:
            found = found[int(part)] if isinstance(found, list) else found[part]
        except (KeyError, IndexError, TypeError):
            return "nothing"
    return found


@pytest.mark.campaign
def test_an_old_client_finds_its_door_as_the_table_says(address: str) -> None:
    bearer = {"Authorization": f"Bearer {token_of(user('olga', is_superuser=True), *SCOPES)[1]}"}
    assert [found for row in TABLE if (found := difference(address, row, bearer))] == []
    assert (Job.objects.count(), Repo.objects.count()) == (1, 2)


def test_every_row_asks_something_of_its_own_and_expects_something() -> None:
    assert len({row.what for row in TABLE}) == len(TABLE)
    assert [row.what for row in TABLE if not (row.error or row.fields)] == []
