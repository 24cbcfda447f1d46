"""Deploy: shippers only, where the repository has it configured. Never a merge."""

from builds.context import Context, Facts
from builds.outcomes import Fail, Outcome


def wants_deploy(facts: Facts) -> str:
    """Why this job is not deployed, or nothing when it is."""
    if not facts.repo.policy.deploy:
        return f"No deployment is configured for {facts.repo.name}."
    if facts.job.trust_level != "shipper":
        return f"The requester may not deploy ({facts.job.trust_level}); the pull request waits for a person."
    return ""


def deploy(context: Context) -> Outcome:
    """The forges that this version knows have no deployments; saying `deployed` would be a lie."""
    where = context.facts.repo.policy.deploy
    return Fail(
        "deploy_unsupported", f"This forge cannot deploy to {where}; the pull request stays as it is."
    )
