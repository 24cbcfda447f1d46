"""May this repository's code go to the endpoint of the models?"""

from dataclasses import dataclass

from builds.context import Facts, RepoFacts
from builds.outcomes import Fail, Pass, Verdict


@dataclass(frozen=True)
class AllowedEndpoint:
    """Code and spec are shown to models at an endpoint that the repository's policy names, to no other."""

    def ask(self, facts: Facts) -> Verdict:
        """Fail for an endpoint that the policy does not name; without a list the configured one is meant."""
        refusal = self.refusal(facts.repo)
        return Fail("endpoint_not_allowed", refusal) if refusal else Pass()

    @staticmethod
    def refusal(repo: RepoFacts) -> str | None:
        """Why the code may not go there, as a sentence; None when it may."""
        allowed = repo.policy.endpoints
        if not allowed or plain(repo.endpoint) in {plain(each) for each in allowed}:
            return None
        told = f"The policy of {repo.name} lets its code go to {', '.join(allowed)} alone"
        return f"{told}; here models are asked at {repo.endpoint or 'an endpoint without a name'}."


def plain(address: str) -> str:
    """One spelling of an address, whatever its case and slashes at the end."""
    return address.strip().casefold().rstrip("/")
