"""`dream repo add` and `dream repo list`."""

from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings

from builds.adapters import connect
from builds.models import Repo
from builds.ports import RepoName
from tests.management.conftest import Dream, user

PAPERBOY = Path(settings.ROOT) / "specs" / "examples" / "paperboy"


@pytest.fixture
def name() -> str:
    """A repository that no other test has."""
    return f"acme/shop-{uuid4().hex[:8]}"


def test_a_repository_is_made_from_a_folder_and_registered(dream: Dream, name: str) -> None:
    answer = dream("repo", "add", name, "--from", str(PAPERBOY), by="olga")
    assert (answer.code, answer.err) == (0, "")
    assert f"{name} is registered." in answer.out
    repo = Repo.objects.get()
    assert (str(repo), repo.default_branch, repo.policy) == (name, "main", {})
    head = connect().forge.branch_head(RepoName(*name.split("/")), "main")
    assert head is not None


def test_a_repository_that_does_not_exist_yet_is_registered_with_a_word_of_warning(
    dream: Dream, name: str
) -> None:
    answer = dream("repo", "add", name, by="olga")
    assert answer.code == 0
    assert "Builds for it would end at intake for now: There is no repository" in answer.err
    later = dream("repo", "add", name, "--from", str(PAPERBOY), by="olga")
    assert (later.code, later.err) == (0, "")
    again = dream("repo", "add", name, "--from", str(PAPERBOY), by="olga")
    assert (again.code, again.err) == (1, f"dream: There is already a repository {name}.\n")


def test_a_repository_is_registered_once(dream: Dream, name: str) -> None:
    dream("repo", "add", name, by="olga")
    answer = dream("repo", "add", name, by="olga")
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert f"{name} is registered already" in answer.err
    assert Repo.objects.count() == 1


def test_a_policy_comes_from_a_file(dream: Dream, name: str, tmp_path: Path) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text('{"four_eyes": "always", "checks": {"unit": ["make", "test"]}}')
    document = dream("repo", "add", name, "--policy", str(policy), "--json", by="olga").document
    assert document["policy"]["four_eyes"] == "always"
    assert Repo.objects.get().rules.checks == {"unit": ("make", "test")}


BAD_POLICIES = {
    "a value of no kind": (
        '{"four_eyes": "sometimes"}',
        "four_eyes: Input should be 'critical', 'always' or 'never'",
    ),
    "an unknown key": ('{"for_eyes": "always"}', "for_eyes: Extra inputs are not permitted"),
    "a list": ("[1]", "policy: "),
    "no JSON": ("{", "is not JSON"),
    "another encoding": ("caf\xe9", "is not JSON"),
}


@pytest.mark.parametrize(("content", "sentence"), BAD_POLICIES.values(), ids=BAD_POLICIES)
def test_a_bad_policy_is_refused_in_one_line(
    dream: Dream, name: str, tmp_path: Path, content: str, sentence: str
) -> None:
    policy = tmp_path / "policy.json"
    policy.write_bytes(content.encode("latin-1"))
    answer = dream("repo", "add", name, "--policy", str(policy), by="olga")
    assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert sentence in answer.err
    assert not Repo.objects.exists()


BAD_NAMES = {
    "a way up": ("acme/..", 1),
    "a way up as the owner": ("../acme", 1),
    "a leading dash": ("acme/-x", 1),
    "a space": ("acme/a b", 1),
    "too long": (f"acme/{'x' * 101}", 1),
    "no owner": ("/shop", 2),
    "one word": ("shop", 2),
    "three words": ("acme/shop/more", 2),
}


@pytest.mark.parametrize(("bad", "code"), BAD_NAMES.values(), ids=BAD_NAMES)
def test_a_bad_name_is_refused(dream: Dream, bad: str, code: int) -> None:
    answer = dream("repo", "add", bad, "--from", str(PAPERBOY), by="olga")
    assert (answer.code, answer.out) == (code, "")
    assert answer.err
    assert not Repo.objects.exists()


def test_what_is_no_folder_makes_no_repository(dream: Dream, name: str, tmp_path: Path) -> None:
    answer = dream("repo", "add", name, "--from", str(tmp_path / "nowhere"), by="olga")
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "is not a folder" in answer.err
    assert not Repo.objects.exists()


def test_registering_takes_a_permission(dream: Dream, name: str) -> None:
    answer = dream("repo", "add", name)
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "alice may not register repositories: the permission builds.add_repo is missing" in answer.err


def test_the_list_is_for_builders_and_for_who_may_view(dream: Dream, name: str) -> None:
    assert "No repository is registered yet." in dream("repo", "list").out
    dream("repo", "add", name, by="olga")
    assert name in dream("repo", "list").out
    user("ann", "view_repo")
    assert dream("repo", "list", "--json", by="ann").document["repos"][0]["repo"] == name
    assert dream("repo", "list", by="vic").code == 1
