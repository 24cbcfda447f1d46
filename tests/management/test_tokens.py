"""`dream token`: made for oneself, shown once, listed without the secret, revoked."""

from datetime import timedelta
from hashlib import sha256

import pytest
from django.utils import timezone

from builds import token_text
from builds.models import OperatorToken
from builds.scopes import SCOPES
from tests.management.conftest import Dream, user

MAKER = "add_operatortoken"


@pytest.fixture(autouse=True)
def makers(dream: Dream) -> None:
    """Alice has left it at making tokens; the others of the command line may not."""
    user("mary", MAKER, "add_job")
    user("olav", MAKER, "operate_job", "view_operatortoken")
    user("root", is_superuser=True)


def test_a_token_alone_is_on_stdout_and_only_its_digest_is_kept(dream: Dream) -> None:
    answer = dream("token", "create", "my scripts", "--scope", "builds:write", by="mary")
    assert answer.code == 0, answer.err
    token = answer.out.strip()
    row = OperatorToken.objects.get()
    assert token_text.is_whole(token)
    assert (row.digest, row.prefix) == (sha256(token.encode()).hexdigest(), token[:14])
    assert (row.name, row.owner.username, row.created_by) == ("my scripts", "mary", "mary")
    assert row.scopes == ["builds:write"]
    assert timedelta(days=89) < row.expires_at - timezone.now() <= timedelta(days=90)
    assert "it is not shown again" in answer.err
    assert token not in answer.err
    assert token not in dream("token", "list", by="mary").out


def test_for_programs_the_token_is_in_the_one_document(dream: Dream) -> None:
    scopes = ("--scope", "builds:read", "--scope", "builds:write")
    found = dream("token", "create", "ci", *scopes, "--days", "7", "--json", by="mary").document
    assert token_text.is_whole(found.pop("token"))
    assert found == {
        "prefix": found["prefix"], "name": "ci", "owner": "mary", "scopes": ["builds:read", "builds:write"],
        "createdAt": found["createdAt"], "createdBy": "mary", "expiresAt": found["expiresAt"],
        "lastUsedAt": None, "revokedAt": None, "revokedBy": None,
    }  # fmt: skip
    assert dream("token", "list", "--json", by="mary").document == {"tokens": [found]}


@pytest.mark.parametrize(
    ("words", "by", "sentence"),
    [
        (["x", "--scope", "builds:read"], "vic", "the permission builds.add_operatortoken is missing"),
        (["x", "--scope", "builds:operate"], "mary", "it needs the permission builds.operate_job"),
        (["x", "--scope", "builds:deploy"], "mary", "it needs the permission builds.deploy_job"),
        (["x", "--scope", "repos:write"], "mary", "it needs the permission builds.change_repo"),
        (["x", "--scope", "metrics:read"], "mary", "it needs the permission builds.view_job"),
        (["x", "--scope", "builds:read", "--days", "0"], "mary", "between 1 and 366 days"),
        (["x", "--scope", "builds:read", "--days", "367"], "mary", "between 1 and 366 days"),
        (["", "--scope", "builds:read"], "mary", "Give it a name"),
        (["a\nb", "--scope", "builds:read"], "mary", "Give it a name"),
        (
            ["x", "--scope", "builds:read", "--owner", "vic"],
            "mary",
            "Only a superuser makes",
        ),
        (["x", "--scope", "builds:read", "--owner", "olav"], "olav", ""),
        (["x", "--scope", "builds:read", "--owner", "ida"], "root", "ida is not active"),
        (
            ["x", "--scope", "builds:write", "--owner", "vic"],
            "root",
            "vic may not use the scope",
        ),
    ],
)
def test_what_is_not_made_is_told_in_one_line(dream: Dream, words: list[str], by: str, sentence: str) -> None:
    answer = dream("token", "create", *words, by=by)
    assert (answer.code, OperatorToken.objects.count()) == ((1, 0) if sentence else (0, 1))
    assert sentence in answer.err
    assert not sentence or answer.err.count("\n") == 1


def test_a_scope_that_is_none_is_wrong_usage(dream: Dream) -> None:
    answer = dream("token", "create", "x", "--scope", "builds:everything", by="mary")
    assert answer.code == 2
    assert dream("token", "create", "x", by="mary").code == 2


def test_a_superuser_makes_one_for_another(dream: Dream) -> None:
    words = ["token", "create", "x", "--scope", "builds:write", "--owner", "alice"]
    assert dream(*words, by="root").code == 0
    row = OperatorToken.objects.get()
    assert (row.owner.username, row.created_by) == ("alice", "root")
    assert dream("token", "create", "all", *(w for s in SCOPES for w in ("--scope", s)), by="root").code == 0


class TestRevoke:
    """By its owner, or by who operates."""

    @pytest.fixture
    def prefix(self, dream: Dream) -> str:
        """Of Mary's token."""
        answer = dream("token", "create", "x", "--scope", "builds:read", "--json", by="mary")
        return str(answer.document["prefix"])

    @pytest.mark.parametrize("by", ["mary", "olav", "root"])
    def test_a_revoked_one_is_kept_and_says_by_whom(self, dream: Dream, prefix: str, by: str) -> None:
        assert dream("token", "revoke", prefix, by=by).code == 0
        row = OperatorToken.objects.get()
        assert (row.revoked_by, row.revoked_at is not None) == (by, True)
        assert f"revoked by {by}" in dream("token", "list", by="mary").out

    def test_again_changes_nothing(self, dream: Dream, prefix: str) -> None:
        dream("token", "revoke", prefix, by="mary")
        first = OperatorToken.objects.get().revoked_at
        assert dream("token", "revoke", prefix, "--json", by="olav").document["revokedBy"] == "mary"
        assert OperatorToken.objects.get().revoked_at == first

    def test_other_people_s_are_not_there(self, dream: Dream, prefix: str) -> None:
        answer = dream("token", "revoke", prefix, by="alice")
        assert (answer.code, answer.err) == (1, f"dream: There is no token {prefix}.\n")
        assert prefix not in dream("token", "list", by="alice").out
        assert OperatorToken.objects.get().revoked_at is None

    def test_who_only_looks_revokes_none(self, dream: Dream, prefix: str) -> None:
        user("aude", "view_operatortoken")
        assert prefix in dream("token", "list", by="aude").out
        answer = dream("token", "revoke", prefix, by="aude")
        assert answer.err == "dream: Only its owner or an operator revokes a token.\n"

    def test_a_whole_token_that_is_pasted_is_not_repeated(self, dream: Dream) -> None:
        pasted = token_text.make()
        assert pasted[:15] not in dream("token", "revoke", pasted, by="mary").err
