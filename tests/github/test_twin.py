"""The twin is a judge: it refuses what GitHub refuses, and its contract notices what is not GitHub's."""

from pathlib import Path

import pytest

from builds.adapters.forge_github import GitHubForge
from tests.adapters.local_forges import REPO
from tests.github import contract
from tests.github.state import Hub
from tests.github.twin import Twin
from tests.github.work import base_of, commits_of


@pytest.mark.parametrize(
    ("method", "target", "body", "status", "answer"),
    [
        ("POST", "/repos/acme/shop/git/refs", b'{"ref": "refs/heads/x"}', 422, None),  # no sha
        ("POST", "/repos/acme/shop/git/refs", b'{"ref": "refs/heads/x", "sha": 1}', 422, None),
        ("POST", "/repos/acme/shop/pulls", b'{"head": "x"}', 422, None),  # no base
        ("GET", "/repos/acme/shop/git/ref/heads/a/b", b"", 200, {"ref": "refs/heads/a/b"}),  # no object
        ("GET", "/repos/acme/shop/commits/x/check-runs", b"", 200, {"check_runs": []}),  # no total_count
    ],
)
def test_what_github_does_not_describe_is_noticed(
    method: str, target: str, body: bytes, status: int, answer: object
) -> None:
    assert contract.violations(contract.asked(method, target, body), status, answer)


def test_an_operation_that_the_slice_does_not_hold_is_noticed() -> None:
    with pytest.raises(KeyError):
        contract.operation(contract.asked("PUT", "/repos/acme/shop/pulls/1/merge", b""))


def test_nothing_that_the_adapter_sends_is_a_merge_or_a_push_with_force(
    forge: GitHubForge, twin: Twin, hub: Hub, tmp_path: Path
) -> None:
    commits = commits_of(forge, tmp_path / "work")
    forge.publish(REPO, "dream/x", base_of(hub), commits[:1])
    forge.publish(REPO, "dream/x", base_of(hub), commits)
    assert not [call for call in twin.journal if "merge" in call or call.startswith(("PUT", "DELETE"))]
    assert not [fetch for fetch in twin.fetches if "receive-pack" in fetch]
