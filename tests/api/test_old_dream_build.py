"""Every row of tests/api/old_dream_build.py is answered so, by a real server over HTTP."""

import json
from collections.abc import Iterator

import pytest

from builds.models import Event, Job, Repo
from tests.api.old_dream_build import AUTHENTICATION, BARE, INTAKE, LOOKING_AND_DECIDING, Row, bearer
from tests.api.orders import order
from tests.api.servers import ask, serve
from tests.api.tokens import SECRET, token
from tests.api.world import pause

KNOWN = ("queued", "running", "complete", "failed", "paused")


@pytest.fixture
def address(child_environment: dict[str, str], free_port: int) -> Iterator[str]:
    """A server that knows the repository, and also takes the bare secret."""
    Repo.objects.create(owner="acme", name="shop")
    more = {"STORIA_MOLTWORKER_SECRET": f"{SECRET},{BARE}", "DREAM_ALLOW_SHARED_SECRET": "1"}
    with serve(child_environment, free_port, **more) as found:
        yield found


def difference(address: str, row: Row) -> str:
    """What is wrong with the answer to a row; empty when nothing is."""
    method, path = row.send.split(" ")
    given = bearer(token(**row.claims)) if row.authorization is None else row.authorization
    headers = {"Authorization": given} if given else {}
    status, told, body = ask(method, f"{address}{path}", row.body, **headers)
    found = json.loads(body)
    if status != row.status:
        return f"{row.what}: {status} and not {row.status}: {body.decode()[:200]}"
    if not told["content-type"].startswith("application/" + ("problem+json" if status >= 400 else "json")):
        return f"{row.what}: {told['content-type']}"
    if not str(found.get("error") or "").startswith(row.error):
        return f"{row.what}: {found.get('error')!r} and not {row.error!r}"
    wrong = {name: found.get(name) for name, value in row.fields.items() if found.get(name) != value}
    return f"{row.what}: {wrong}" if wrong else ""


def differences(address: str, *rows: Row) -> list[str]:
    """All rows in turn."""
    return [found for row in rows if (found := difference(address, row))]


def test_an_old_client_finds_its_door_as_the_table_says(address: str) -> None:
    assert differences(f"{address}/api", *AUTHENTICATION) == []
    assert [(job.job_id, job.trust_level) for job in Job.objects.all()] == [("job-bare", "builder")]

    assert differences(address, *INTAKE) == []  # the deployed path was without /api
    assert sorted(Job.objects.values_list("job_id", flat=True)) == ["job-1", "job-2", "job-bare"]
    assert Event.objects.count() == 3

    for status in KNOWN:
        sent = Row(what=status, body=order(jobId=f"job-{status}"), status=202)
        assert differences(address, sent) == []
    let_it_have_come_to()
    assert differences(f"{address}/api", *LOOKING_AND_DECIDING) == []


def let_it_have_come_to() -> None:
    """What each job is named after."""
    ended = {"error_code": "checks_failed", "error_message": "3 tests fail", "error_station": "verify"}
    Job.objects.filter(job_id="job-running").update(status="running")
    Job.objects.filter(job_id="job-complete").update(status="succeeded")
    Job.objects.filter(job_id="job-failed").update(status="failed", **ended)
    pause(Job.objects.get(job_id="job-paused"), "owner")


@pytest.mark.parametrize("table", [AUTHENTICATION, INTAKE, LOOKING_AND_DECIDING])
def test_every_row_asks_something_of_its_own_and_expects_something(table: tuple[Row, ...]) -> None:
    assert len({row.what for row in table}) == len(table)
    assert [row.what for row in table if not (row.error or row.fields or row.status == 202)] == []
