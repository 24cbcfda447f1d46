"""Operator tokens at the door: who they are, what they open, when they open nothing any more."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import RequestFactory
from django.utils import timezone

from builds import token_text
from builds.api.auth import Caller, caller_of
from builds.models import Job, OperatorToken, Repo, StoriaSubject
from builds.scopes import SCOPES
from tests.api.operators import client_of, token_of, user
from tests.api.world import HASH, Api, is_problem, pause

pytestmark = pytest.mark.django_db
MaxQueries = Callable[[int], AbstractContextManager[object]]


def enter(token: str) -> Caller:
    """Go through the door with a token."""
    return caller_of(RequestFactory().get("/", headers={"Authorization": f"Bearer {token}"}))


def refusal(token: str) -> str:
    """The sentence of the 401 that a token gets."""
    answer = Api(bearer=token).get("/dream-build/job-1")
    assert answer["WWW-Authenticate"] == "Bearer"
    return str(is_problem(answer, 401, "not_authenticated")["detail"])


class TestWhoItIs:
    """A token acts as its owner, as far as its scopes go."""

    def test_it_names_its_owner_and_its_beginning(self) -> None:
        row, text = token_of(user("olga", "operate_job"), "builds:operate")
        caller = enter(text)
        assert (caller.person.name, caller.person.subject, caller.person.via) == ("olga", "olga", "api")
        assert caller.token == row.prefix == text[:14]
        assert (caller.person.operates, caller.person.reviews, caller.person.level) == (
            True, False, "observer",
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("scopes", "permissions", "flags"),
        [
            (["builds:approve"], [], (False, False, False)),
            (["builds:approve"], ["review_job"], (True, False, True)),
            (["builds:operate"], ["review_job"], (False, False, True)),
            (["builds:operate"], ["operate_job"], (False, True, True)),
            (["builds:read"], ["review_job", "operate_job"], (False, False, True)),
            (["builds:read"], ["view_job"], (False, False, True)),
            (["builds:read"], [], (False, False, False)),
            (list(SCOPES), [], (False, False, False)),
        ],
    )
    def test_a_flag_needs_the_scope_and_the_owner_s_permission(
        self, scopes: list[str], permissions: list[str], flags: tuple[bool, bool, bool]
    ) -> None:
        person = enter(token_of(user("olga", *permissions), *scopes)[1]).person
        assert (person.reviews, person.operates, person.sees_all) == flags

    @pytest.mark.parametrize(
        ("scope", "permission", "level"),
        [
            ("builds:write", "add_job", "builder"),
            ("builds:deploy", "deploy_job", "shipper"),
            ("builds:write", "deploy_job", "observer"),
            ("builds:deploy", "add_job", "builder"),
            ("builds:read", "add_job", "observer"),
        ],
    )
    def test_the_level_is_the_scope_s_when_the_owner_may(
        self, scope: str, permission: str, level: str
    ) -> None:
        assert enter(token_of(user("ann", permission), scope)[1]).person.level == level

    @pytest.mark.parametrize("how", ["of their own", "by a group", "as a superuser"])
    def test_permissions_are_those_that_django_knows(self, how: str) -> None:
        owner = user("ann", *(["add_job"] if how == "of their own" else []))
        if how == "by a group":
            group = Group.objects.create(name="who order")  # tests that flush take the groups we begin with
            group.permissions.add(Permission.objects.get(codename="add_job"))
            owner.groups.add(group)
        User.objects.filter(pk=owner.pk).update(is_superuser=how == "as a superuser")
        assert User.objects.get(pk=owner.pk).has_perm("builds.add_job")
        assert enter(token_of(owner, "builds:write")[1]).person.level == "builder"

    def test_a_permission_of_that_name_elsewhere_counts_for_nothing(self) -> None:
        owner = user("ann")
        Group.objects.create(name="others").user_set.add(user("somebody else", "add_job"))
        assert enter(token_of(owner, "builds:write")[1]).person.level == "observer"


class TestWhenItOpensNothing:
    """Each kind of a dead token is told from the others."""

    def test_a_revoked_one(self) -> None:
        row, text = token_of(user("ann"), "builds:read")
        OperatorToken.objects.filter(pk=row.pk).update(revoked_at=timezone.now())
        assert refusal(text) == "Operator token was revoked"

    def test_an_expired_one(self) -> None:
        assert refusal(token_of(user("ann"), "builds:read", days=-1)[1]) == "Operator token has expired"

    def test_one_whose_owner_has_left(self) -> None:
        owner = user("ann", "operate_job")
        text = token_of(owner, "builds:operate")[1]
        User.objects.update(is_active=False)
        assert refusal(text) == "The owner of this operator token is not active"

    def test_one_whose_owner_is_gone(self) -> None:
        owner = user("ann")
        text = token_of(owner, "builds:read")[1]
        owner.delete()
        assert refusal(text) == "Unknown operator token"

    def test_one_that_never_was(self) -> None:
        assert refusal(token_text.make()) == "Unknown operator token"

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda text: text[:-1],
            lambda text: text + "a",
            lambda text: text[:20] + ("a" if text[20] != "a" else "b") + text[21:],
            lambda text: text[:-1] + ("a" if text[-1] != "a" else "b"),
            lambda text: text.replace("dream_", "dream_\xe9", 1),
            lambda text: "dream_",
            lambda text: f"{text}.{text}.{text}",
        ],
    )
    def test_a_mistyped_one_is_told_so_without_asking_the_database(
        self, spoil: Callable[[str], str], django_assert_num_queries: MaxQueries
    ) -> None:
        text = token_of(user("ann"), "builds:read")[1]
        with django_assert_num_queries(0):
            assert refusal(spoil(text)) == "Operator token is mistyped or cut off"

    def test_its_digest_or_prefix_opens_nothing(self) -> None:
        row, _ = token_of(user("ann"), "builds:read")
        assert refusal(f"dream_{row.digest}") == "Operator token is mistyped or cut off"
        assert refusal(row.prefix) == "Operator token is mistyped or cut off"


def test_a_token_works_where_storia_s_secret_is_not_set(doors: Any) -> None:
    doors.STORIA_SECRETS = ()
    answer = client_of(user("ann"), "builds:read").get("/dream-build/none")
    is_problem(answer, 404, "job_not_found")


def test_storia_s_token_asks_the_database_nothing(django_assert_num_queries: MaxQueries) -> None:
    with django_assert_num_queries(1):  # the job
        is_problem(Api().get("/dream-build/none"), 404, "job_not_found")


def test_an_operator_token_asks_it_once_and_writes_its_use_once_a_minute(
    django_assert_num_queries: MaxQueries,
) -> None:
    row, text = token_of(user("ann", "review_job"), "builds:approve")
    api = Api(bearer=text)
    for queries in (3, 2, 2):  # the token, its use when that is due, the job
        with django_assert_num_queries(queries):
            is_problem(api.get("/dream-build/none"), 404, "job_not_found")
    row.refresh_from_db()
    assert timezone.now() - row.last_used_at < timedelta(seconds=20)
    OperatorToken.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    with django_assert_num_queries(3):
        api.get("/dream-build/none")


class TestWhatItOpens:
    """Storia's Alice asks; tokens of Django users steer."""

    def test_only_what_its_scopes_say(self, job: Job) -> None:
        api = client_of(user("alice", "add_job"), "builds:read")
        assert api.get("/dream-build/job-1").status_code == 200
        found = is_problem(api.post("/dream-build/job-1/cancel"), 403, "scope_missing")
        assert found["scopes"] == ["builds:write", "builds:operate"]

    def test_a_scope_that_its_owner_may_not_use_is_told_with_the_permission(self, job: Job) -> None:
        api = client_of(user("vic"), "builds:read", "builds:operate")
        found = is_problem(api.post("/dream-build/job-1/cancel"), 403, "scope_missing")
        assert found["detail"] == (
            "The owner of this token may not use the scope builds:operate: "
            "it needs the permission builds.operate_job"
        )

    def test_its_owner_orders_for_themselves_alone(self, repo: Repo) -> None:
        api = client_of(user("alice", "add_job"), "builds:write")
        found = is_problem(api.submit(userId="bob"), 403, "token_not_for_this_job")
        assert found["detail"] == "The token's owner is not the userId of this job"
        assert api.submit().status_code == 202
        assert Job.objects.get().trust_level == "builder"

    def test_who_operates_orders_for_others(self, repo: Repo) -> None:
        api = client_of(user("olga", "add_job", "operate_job"), "builds:write", "builds:operate")
        assert api.submit(userId="bob").status_code == 202
        assert (Job.objects.get().user_id, Job.objects.get().requester) == ("bob", "olga")

    def test_a_reviewer_decides_and_the_row_says_by_which_door(self, job: Job) -> None:
        pause(job, "other_reviewer")
        api = client_of(user("rita", "review_job"), "builds:approve")
        assert api.post("/dream-build/job-1/approve", {"contentHash": HASH}).status_code == 202
        answer = job.approvals.get()
        assert (answer.decided_by, answer.subject, answer.via) == ("rita", "rita", "api")


class TestFourEyes:
    """Nobody approves what they asked for, under whatever name."""

    @pytest.fixture
    def asked(self, job: Job) -> Job:
        """Storia's Alice asked for it."""
        pause(job, "other_reviewer")
        return job

    @pytest.mark.parametrize("name", ["alice", "a.smith"])
    def test_not_by_a_token_of_who_asked(self, asked: Job, name: str) -> None:
        owner = user(name, "review_job", "operate_job")
        if name != "alice":
            StoriaSubject.objects.create(user=owner, subject="alice")
        api = client_of(owner, "builds:approve", "builds:operate")
        found = is_problem(
            api.post("/dream-build/job-1/approve", {"contentHash": HASH}), 403, "may_not_decide"
        )
        assert found["detail"] == "You asked for this build; a reviewer other than you decides it."
        assert asked.approvals.get().state == "open"

    def test_not_by_a_superuser_who_is_who_asked(self, asked: Job) -> None:
        root = user("root", is_superuser=True)
        StoriaSubject.objects.create(user=root, subject="alice")
        answer = client_of(root, *SCOPES).post("/dream-build/job-1/approve", {"contentHash": HASH})
        is_problem(answer, 403, "may_not_decide")

    def test_nor_what_they_asked_for_before_their_name_at_storia_was_known(self, asked: Job) -> None:
        Job.objects.update(requester="a.smith", user_id="somebody")
        owner = user("a.smith", "review_job")
        StoriaSubject.objects.create(user=owner, subject="alice")
        answer = client_of(owner, "builds:approve").post("/dream-build/job-1/approve", {"contentHash": HASH})
        is_problem(answer, 403, "may_not_decide")

    def test_a_name_at_storia_makes_the_job_their_own(self, job: Job) -> None:
        owner = user("a.smith", "add_job")
        StoriaSubject.objects.create(user=owner, subject="alice")
        api = client_of(owner, "builds:write")
        assert api.post("/dream-build/job-1/cancel").status_code == 202

    def test_a_django_name_that_is_another_s_subject_owns_nothing(self, job: Job) -> None:
        namesake = user("alice", "add_job")
        StoriaSubject.objects.create(user=namesake, subject="u-9")
        is_problem(client_of(namesake, "builds:write").get("/dream-build/job-1"), 404, "job_not_found")
