"""What an order may say, and how it is refused otherwise."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builds.api.intake import read_order
from builds.api.parsers import strict_object
from builds.api.problems import BadInput
from builds.naming import is_branch
from builds.orders import Order
from tests.api.orders import BAD_BUDGET, BAD_ORDERS, HTTPS, NO_NAMES, NO_REPO, NO_SPEC, order


def read(**changes: Any) -> Order:
    """As if it had come in."""
    return read_order(strict_object(json.dumps(order(**changes)).encode()))


@pytest.mark.parametrize(
    ("name", "changes", "pointer", "detail"), BAD_ORDERS, ids=[row[0] for row in BAD_ORDERS]
)
def test_a_bad_order_is_refused_with_one_sentence_that_points(
    name: str, changes: dict[str, Any], pointer: str, detail: str
) -> None:
    with pytest.raises(BadInput) as caught:
        read(**changes)
    assert str(caught.value).startswith(detail)
    assert pointer in {flaw.pointer for flaw in caught.value.flaws}


def test_all_flaws_are_listed_and_the_first_of_the_old_order_is_the_sentence() -> None:
    with pytest.raises(BadInput) as caught:
        read(
            callbackUrl="http://x.example",
            budget={"maxTokens": 0, "maxDollars": 0},
            repoOwner="a/b",
            priority="x",
        )
    assert str(caught.value) == BAD_BUDGET
    assert [flaw.pointer for flaw in caught.value.flaws] == [
        "/budget/maxTokens",
        "/budget/maxDollars",
        "/repoOwner",
        "/callbackUrl",
        "/priority",
    ]


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ({"jobId": None, "repoName": None, "specMarkdown": None}, NO_NAMES),
        ({"repoName": None, "specMarkdown": "", "callbackUrl": None}, NO_REPO),
        ({"specMarkdown": "", "callbackUrl": "http://x.example", "budget": {}}, NO_SPEC),
        ({"repoOwner": "..", "callbackUrl": "http://x.example"}, "Invalid repoOwner format: .."),
        ({"callbackUrl": "http://x.example", "priority": "x"}, HTTPS),
    ],
)
def test_the_old_order_of_reasons_is_kept(missing: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(**missing)
    assert str(caught.value) == sentence


def test_the_least_that_is_needed_gets_the_contract_s_defaults() -> None:
    found = read()
    assert (found.base_branch, found.branch_prefix, found.priority) == ("main", "dream/", "medium")
    assert (found.queue_name, found.deadline, found.plan_approval, found.metadata) == ("", None, False, {})
    assert (found.max_tokens, found.max_dollars) == (100_000, Decimal("2.500000"))


def test_everything_that_may_be_said_is_taken() -> None:
    found = read(
        baseBranch="feature/x",
        branchPrefix="bot-",
        estimatedEffort="8-12h",
        priority="critical",
        queueName="night",
        deadline="2030-01-31T07:00:00+01:00",
        planApproval=True,
        metadata={"ticket": 12, "ünïcode": ["✓"]},
        trustLevel="shipper",
        anything={"else": 1},
    )
    assert (found.base_branch, found.branch_prefix, found.estimated_effort) == ("feature/x", "bot-", "8-12h")
    assert (found.priority, found.queue_name, found.plan_approval) == ("critical", "night", True)
    assert found.deadline == datetime(2030, 1, 31, 6, tzinfo=UTC)
    assert found.metadata == {"ticket": 12, "ünïcode": ["✓"]}


def test_null_is_the_same_as_absent() -> None:
    body = {
        **order(),
        "priority": None,
        "deadline": None,
        "metadata": None,
        "queueName": None,
        "planApproval": None,
    }
    assert read_order(body) == read()


def test_the_same_order_written_differently_is_the_same_order() -> None:
    first = read(deadline="2030-01-31T07:00:00+01:00", budget={"maxTokens": 1000, "maxDollars": 2})
    second = read(deadline="2030-01-31T06:00:00Z", budget={"maxTokens": 1e3, "maxDollars": 2.0}, unknown=1)
    assert first.payload_hash == second.payload_hash
    assert first.payload_hash != read(budget={"maxTokens": 1000, "maxDollars": 2.01}).payload_hash


@pytest.mark.parametrize(
    ("given_dollars", "kept"),
    [(0.1 + 0.2, "0.300000"), (0.0000019, "0.000001"), (2.9999999, "2.999999"), (10_000, "10000.000000")],
)
def test_dollars_are_rounded_down_so_that_a_cap_never_grows(given_dollars: float, kept: str) -> None:
    assert str(read(budget={"maxTokens": 1, "maxDollars": given_dollars}).max_dollars) == kept


@pytest.mark.parametrize(
    "job_id", ["a", "x" * 200, "Job 12 (night)", "ünïcode", "a?b#c%d", "a:b;c", "...", "日本"]
)
def test_any_printable_name_is_a_job_id(job_id: str) -> None:
    assert read(jobId=job_id).job_id == job_id


def test_http_and_loopback_are_for_tests_only(settings: Any) -> None:
    settings.CALLBACK_INSECURE = True
    assert read(callbackUrl="http://127.0.0.1:8080/cb").callback_url == "http://127.0.0.1:8080/cb"
    with pytest.raises(BadInput, match=HTTPS):
        read(callbackUrl="ftp://127.0.0.1/cb")


def test_with_an_allow_list_other_hosts_are_refused_when_the_job_is_posted(settings: Any) -> None:
    settings.CALLBACK_HOSTS = ("storia.example",)
    assert read(callbackUrl="https://Storia.example./cb").callback_url == "https://Storia.example./cb"
    for host in ("evil.example", "storia.example.evil.example", "x.storia.example"):
        with pytest.raises(BadInput, match="a host that this installation sends callbacks to"):
            read(callbackUrl=f"https://{host}/cb")


@pytest.mark.parametrize(
    "branch", ["main", "a/b", "feature/x-1", "v1.2", "a@b", "a-", "ünïcode", "refs", "a{b}"]
)
def test_git_s_branch_names_are_taken(branch: str) -> None:
    assert is_branch(branch)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
MEMBERS = [
    *order(),
    "baseBranch",
    "branchPrefix",
    "priority",
    "deadline",
    "queueName",
    "metadata",
    "planApproval",
]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the first draw builds tables
@given(st.dictionaries(st.sampled_from(MEMBERS), json_values, max_size=6))
def test_any_values_are_an_order_or_bad_input(changes: dict[str, Any]) -> None:
    with suppress(BadInput):
        found = read_order({**order(), **changes})
        assert found.payload_hash
        assert found.max_dollars > 0
