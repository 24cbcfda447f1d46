"""An approval is bound to the policy's version: what that counts, and what it does not."""

from typing import Any

import pytest

from builds.policy import Policy


@pytest.mark.parametrize(
    "said",
    [{"reviewers": ["rita"]}, {"max_dollars": 3}, {"max_tokens": 9}, {"concurrency": 4}, {"day_usd": 5}],
)
def test_money_and_people_leave_what_was_approved_approved(said: dict[str, Any]) -> None:
    assert Policy.model_validate(said).version == Policy().version


@pytest.mark.parametrize(
    "said", [{"config_path": "ci.yaml"}, {"endpoints": ["https://a.example"]}, {"four_eyes": "always"}]
)
def test_what_says_how_a_change_is_made_or_judged_asks_again(said: dict[str, Any]) -> None:
    assert Policy.model_validate(said).version != Policy().version


def test_a_policy_that_says_nothing_has_the_version_that_it_had_before_there_were_these_keys() -> None:
    assert Policy().version == "738712e888f8e3c3"


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "a/../b", ".git/config", "a//b", "a\\b", "a\nb"])
def test_the_file_of_checks_lies_in_the_repository(path: str) -> None:
    with pytest.raises(ValueError, match="config_path"):
        Policy(config_path=path)
