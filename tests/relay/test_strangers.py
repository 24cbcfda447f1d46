"""A whole build of 41 answers by a writer and a reviewer who knew nothing of this house.

The answers in `strangers/session.toml` were given turn by turn while the build waited for each, from the
prompts alone as they came over the wire. `manage.py dream record` made the file. The reviewer sent the work
back once, with three medium findings; the writer mended them, and the reviewer approved. Every item is done,
every check green, every criterion met, and the pull request is ready.
"""

from decimal import Decimal
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from builds.sessions import Session
from tests.relay.endpoint import Relay
from tests.relay.files import HERE
from tests.relay.larder import LARDER, make_larder

SESSION = Session.read(HERE / "strangers" / "session.toml")
SPEC = (HERE / "strangers" / "spec.md").read_text(encoding="utf-8")


@pytest.fixture
def relay(transactional_db: None, httpserver: HTTPServer) -> Relay:
    """Gives the answers in the order in which they were given."""
    made = Relay(lambda number, _: SESSION.turn[number - 1])
    httpserver.expect_request("/v1/chat/completions", method="POST").respond_with_handler(made)
    return made


@pytest.mark.campaign
def test_a_build_written_by_strangers_ends_with_green_checks(
    relay: Relay, httpserver: HTTPServer, tmp_path: Path
) -> None:
    world = make_larder(tmp_path, httpserver.url_for("/v1"))
    named = {"repo_owner": LARDER.owner, "repo_name": LARDER.name, "spec_id": "planning"}
    job = world.run(world.submit(spec_markdown=SPEC, max_dollars=Decimal(5), **named))
    httpserver.check_assertions()
    assert (job.status, job.error_code, job.error_message) == ("succeeded", "", "")
    assert len(relay.requests) == len(SESSION.turn) == 41
    assert {item.status for item in job.work_items.all()} == {"done"}
    assert [criterion.status for criterion in job.criteria.all()] == ["met"] * 13
    after = {run.run["outcome"] for run in job.check_results.filter(phase="after")}
    assert after == {"passed"}
    pull = world.forge.find_pull(LARDER, job.branch)
    assert pull is not None
    assert (pull.head_sha, pull.draft, pull.state) == (job.head_sha, False, "open")
    assert job.review_returns == 1
    assert [item.key for item in job.work_items.all()][-1] == "review-1-1"
