"""Deploy: shippers only, where the repository has it configured, followed to its end. Never a merge."""

from datetime import UTC, datetime, timedelta

from builds.context import Context, Facts
from builds.outcomes import Done, Fail, Outcome, Wait
from builds.ports import Deployment

SOONEST, LATEST = timedelta(seconds=15), timedelta(minutes=2)
PATIENCE = timedelta(hours=2)


def wants_deploy(facts: Facts) -> str:
    """Why this job is not deployed, or nothing when it is."""
    if not facts.repo.policy.deploy:
        return f"No deployment is configured for {facts.repo.name}."
    if facts.job.trust_level != "shipper":
        return f"The requester may not deploy ({facts.job.trust_level}); the pull request waits for a person."
    return ""


def deploy(context: Context) -> Outcome:
    """`deployed` is said only when the deployment says so; until then the job waits and holds no worker.

    Its key is the attempt's, so that a second run finds what the first one asked for, and a rerun asks anew.
    """
    facts = context.facts
    pull = facts.evidence.pull
    if pull is None:
        return Fail("evidence_missing", "There is no pull request to deploy; rerun from create_pr.")
    key = f"{facts.job.job_id}/{facts.job.attempt}"
    made = context.forge.deploy(facts.repo.name, pull.head_sha, facts.repo.policy.deploy, key)
    where = f"Deployment {made.id} of {pull.head_sha[:10]} to {made.environment}"
    match made.state:
        case "succeeded":
            context.progress.save_deploy(made)
            return Done(f"{where} succeeded{': ' + made.url if made.url else ''}")
        case "failed":
            return Fail(
                "deploy_failed", f"{where} failed: {made.why or 'nobody said why'}. {made.url}".strip()
            )
        case "pending":
            return waiting(made, where)


def waiting(made: Deployment, where: str) -> Outcome:
    """Look again soon at first, then less often; not for ever."""
    age = datetime.now(UTC) - made.created_at
    if age > PATIENCE:
        hours = PATIENCE.total_seconds() / 3600
        return Fail("deploy_timeout", f"{where} has not ended after {hours:g} hours. {made.url}".strip())
    return Wait(min(max(age / 4, SOONEST), LATEST), f"{where} is under way", cause="deployment")
