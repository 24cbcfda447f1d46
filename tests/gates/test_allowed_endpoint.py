"""Where a repository's code may go."""

import pytest

from builds.context import Facts
from builds.gates import AllowedEndpoint
from builds.outcomes import Fail, Pass
from tests.gates.world import changed, facts, with_policy

OWN = "https://models.acme.example/v1"


def at(endpoint: str, *allowed: str) -> Facts:
    """The facts of a repository that allows these, where models are asked at one."""
    return changed(with_policy(facts(), endpoints=allowed), "repo", endpoint=endpoint)


@pytest.mark.parametrize("endpoint", [OWN, f"{OWN}/", OWN.upper()])
def test_an_endpoint_that_the_policy_names_is_allowed(endpoint: str) -> None:
    assert AllowedEndpoint().ask(at(endpoint, "https://else.example", OWN)) == Pass()


def test_without_a_list_the_configured_endpoint_is_meant() -> None:
    assert AllowedEndpoint().ask(at("https://api.openai.com/v1")) == Pass()


@pytest.mark.parametrize("endpoint", ["", "https://models.acme.example", f"{OWN}.evil.example", f"{OWN}/x"])
def test_any_other_ends_the_build_before_anything_is_shown(endpoint: str) -> None:
    verdict = AllowedEndpoint().ask(at(endpoint, OWN))
    assert isinstance(verdict, Fail)
    assert (verdict.code, "acme/shop" in verdict.why) == ("endpoint_not_allowed", True)
