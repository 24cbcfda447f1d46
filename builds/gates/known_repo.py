"""Is the target repository registered here, and switched on?"""

from dataclasses import dataclass

from builds.context import Facts, RepoFacts
from builds.outcomes import Fail, Pass, Verdict


@dataclass(frozen=True)
class KnownRepo:
    """The target repository is registered here and enabled."""

    def ask(self, facts: Facts) -> Verdict:
        """Fail for a repository that was switched off meanwhile."""
        refusal = self.refusal(facts.repo)
        return Fail("repo_not_registered", refusal) if refusal else Pass()

    @staticmethod
    def refusal(repo: RepoFacts | None) -> str | None:
        """Why no build may start for it, as a sentence; None when one may."""
        if repo is None:
            return "The repository is not registered here; a person adds it in the admin, under Repos."
        if not repo.enabled:
            return (
                f"{repo.name} is registered but switched off; a person enables it in the admin, under Repos."
            )
        return None
