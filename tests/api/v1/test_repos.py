"""Repositories at `/v1`: registered, looked at, listed, changed."""

from pathlib import Path
from typing import Any

import pytest

from builds.models import Repo
from tests.api.v1.world import V1
from tests.api.world import is_problem

SHOP = {"owner": "acme", "name": "shop"}


@pytest.fixture
def shop(olga: V1) -> dict[str, Any]:
    """The repository of the forge, registered."""
    answer = olga.post("/repos", SHOP)
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()["repo"]
    return found


def test_a_repository_is_registered_with_defaults_and_looked_at_at_once(shop: dict[str, Any]) -> None:
    row = Repo.objects.get()
    assert shop["id"] == f"repo_{row.uid}"
    assert {name: shop[name] for name in ("owner", "name", "defaultBranch", "configPath", "enabled")} == {
        **SHOP, "defaultBranch": "main", "configPath": ".dream/factory.yaml", "enabled": True,
    }  # fmt: skip
    assert (shop["access"]["ok"], shop["access"]["why"]) == (True, None)
    assert shop["access"]["checkedAt"].endswith("Z")
    assert (shop["policy"], shop["updatedBy"]) == ({}, "olga")


def test_names_are_trimmed_and_written_in_small_letters(olga: V1) -> None:
    found = olga.post("/repos", {"owner": "  Acme ", "name": "SHOP", "extra": 1}).json()["repo"]
    assert (found["owner"], found["name"]) == ("acme", "shop")


@pytest.mark.parametrize("name", ["shop", "Shop", " shop "])
def test_a_repository_is_registered_once_however_its_name_is_written(
    olga: V1, shop: dict[str, Any], name: str
) -> None:
    again = olga.post("/repos", {"owner": "ACME", "name": name})
    assert is_problem(again, 409, "repo_exists")["error"] == "Repository already exists"


def test_one_that_a_person_wrote_in_capitals_is_the_same(olga: V1) -> None:
    Repo.objects.create(owner="Acme", name="Shop")
    is_problem(olga.post("/repos", SHOP), 409, "repo_exists")


@pytest.mark.parametrize(
    ("changes", "pointer", "sentence"),
    [
        ({"owner": None}, "/owner", "owner and name are required"),
        ({"name": "  "}, "/name", "owner and name are required"),
        ({"name": 7}, "/name", "owner and name are required"),
        ({"name": ".."}, "/name", "Use letters"),
        ({"name": "a/b"}, "/name", "Use letters"),
        ({"owner": "x" * 101}, "/owner", "Use letters"),
        ({"defaultBranch": "a..b"}, "/defaultBranch", "not a branch name"),
        ({"defaultBranch": 1}, "/defaultBranch", "must be a string"),
        ({"enabled": "false"}, "/enabled", "must be true or false"),
        ({"configPath": "../x"}, "/policy/config_path", "a path inside the repository"),
        ({"configPath": 1}, "/configPath", "must be a string"),
        ({"policy": []}, "/policy", "must be an object"),
        ({"policy": {"chekcs": {}}}, "/policy/chekcs", "There is no policy key chekcs; there are checks, "),
        ({"policy": {"a/b": 1}}, "/policy/a~1b", "There is no policy key a/b"),
        ({"policy": {"concurrency": 0}}, "/policy/concurrency", "greater than or equal to 1"),
        ({"policy": {"checks": {"t": "true"}}}, "/policy/checks/t", "valid array"),
        ({"policy": {"max_dollars": -1}}, "/policy/max_dollars", "greater than 0"),
        ({"policy": {"max_dollars": "5"}}, "/policy/max_dollars", "a number of dollars is no text"),
        ({"policy": {"approval_days": "7"}}, "/policy/approval_days", "a valid integer"),
        ({"policy": {"plan_approval": "yes"}}, "/policy/plan_approval", "a valid boolean"),
        ({"policy": {"config_path": "a"}, "configPath": "b"}, "/configPath", "the same"),
    ],
)
def test_what_is_wrong_with_a_repository_is_told_with_its_place(
    olga: V1, changes: dict[str, Any], pointer: str, sentence: str
) -> None:
    found = is_problem(olga.post("/repos", {**SHOP, **changes}), 400, "invalid")
    assert [flaw["pointer"] for flaw in found["errors"]] == [pointer]
    assert sentence in f"{found['error']} {found['errors'][0]['detail']}"
    assert not Repo.objects.exists()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"owner": "acme", "name": "gone"}, "There is no repository acme/gone"),
        ({**SHOP, "defaultBranch": "trunk"}, "acme/shop has no branch trunk"),
    ],
)
def test_one_that_cannot_be_built_for_yet_is_registered_and_says_why(
    olga: V1, body: dict[str, Any], why: str
) -> None:
    answer = olga.post("/repos", body)
    assert answer.status_code == 201
    assert answer.json()["repo"]["access"]["ok"] is False
    assert why in answer.json()["repo"]["access"]["why"]


def test_a_change_is_merged_audited_and_looks_again(olga: V1, shop: dict[str, Any], forge: Path) -> None:
    path = f"/repos/{shop['id']}"
    olga.patch(path, {"policy": {"concurrency": 2, "reviewers": ["rita"]}})
    found = olga.patch(path, {"enabled": False, "policy": {"concurrency": None, "deploy": "staging"}}).json()
    assert found["repo"]["policy"] == {"reviewers": ["rita"], "deploy": "staging"}
    assert (found["repo"]["enabled"], found["repo"]["updatedBy"]) == (False, "olga")
    assert found["repo"]["updatedAt"] > shop["updatedAt"]
    assert found["repo"]["access"]["checkedAt"] > shop["access"]["checkedAt"]
    (forge / "acme" / "shop.git").rename(forge / "acme" / "moved.git")
    assert olga.patch(path, {}).json()["repo"]["access"]["ok"] is False
    assert olga.get(path).json()["repo"]["access"]["ok"] is False


def test_config_path_is_a_key_of_the_policy(olga: V1, shop: dict[str, Any]) -> None:
    path = f"/repos/{shop['id']}"
    found = olga.patch(path, {"configPath": "ci/dream.yaml"}).json()["repo"]
    assert (found["configPath"], found["policy"]) == ("ci/dream.yaml", {"config_path": "ci/dream.yaml"})
    found = olga.patch(path, {"configPath": None}).json()["repo"]
    assert (found["configPath"], found["policy"]) == (".dream/factory.yaml", {})


@pytest.mark.parametrize(
    "body", [{"owner": "x"}, {"Enabled": True}, {"policy": {"x": None}}, {"enabled": []}]
)
def test_a_change_of_what_cannot_be_changed_is_refused(
    olga: V1, shop: dict[str, Any], body: dict[str, Any]
) -> None:
    is_problem(olga.patch(f"/repos/{shop['id']}", body), 400, "invalid")
    assert olga.get(f"/repos/{shop['id']}").json()["repo"] == shop


@pytest.mark.parametrize("name", ["repo_1", "1", "repo_00000000-0000-0000-0000-000000000000", "repo_", "%00"])
def test_an_unknown_repository_is_not_found(olga: V1, name: str) -> None:
    assert olga.get(f"/repos/{name}").status_code == 404
    assert olga.patch(f"/repos/{name}", {}).status_code == 404


def test_the_list_is_by_owner_and_name_in_pages(olga: V1) -> None:
    names = ["b/x", "a/y", "c/a", "a/x", "b/a"]
    for name in names:
        owner, _, own = name.partition("/")
        Repo.objects.create(owner=owner, name=own)
    seen, path = [], "/repos?limit=2"
    while path:
        found = olga.get(path).json()
        assert len(found["repos"]) <= 2
        seen += [f"{repo['owner']}/{repo['name']}" for repo in found["repos"]]
        path = (found["next"] or "").partition("/v1")[2]
    assert seen == sorted(names)
    assert len(olga.get("/repos").json()["repos"]) == 5


def test_a_signed_level_reads_repositories_and_registers_none(alice: V1, shop: dict[str, Any]) -> None:
    assert alice.get("/repos").json()["repos"] == [shop]
    is_problem(alice.post("/repos", {"owner": "a", "name": "b"}), 403, "scope_missing")
    is_problem(alice.patch(f"/repos/{shop['id']}", {}), 403, "scope_missing")
