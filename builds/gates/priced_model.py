"""Does each model that a build asks have a price? Without one no budget can hold."""

from collections.abc import Mapping
from dataclasses import dataclass

from builds.context import Facts, RepoFacts
from builds.outcomes import Fail, Pass, Verdict
from builds.ports import Price


@dataclass(frozen=True)
class PricedModel:
    """Both models, writer and reviewer, have a price; without one no budget can hold."""

    def ask(self, facts: Facts) -> Verdict:
        """Fail for a model without a price."""
        refusal = self.refusal(facts.repo, facts.money.prices)
        return Fail("model_not_priced", refusal) if refusal else Pass()

    @staticmethod
    def refusal(repo: RepoFacts, prices: Mapping[str, Price]) -> str | None:
        """Which model has no price, as a sentence; None when both have one."""
        missing = [name for name in dict.fromkeys((repo.writer, repo.reviewer)) if name not in prices]
        if not missing:
            return None
        names = " and ".join(name or "(no name)" for name in missing)
        return f"No price is known for model {names}; add it to DREAM_MODEL_PRICES or choose a priced model."
