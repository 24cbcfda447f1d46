"""Is the branch to write this job's own, and nobody else's?"""

from dataclasses import dataclass

from builds.context import Facts
from builds.naming import is_branch, is_own, is_protected, normalise_branch
from builds.outcomes import Fail, Pass, Verdict


@dataclass(frozen=True)
class SafeBranch:
    """The branch is this job's own: never a protected one, never the base branch, never somebody else's."""

    def ask(self, facts: Facts) -> Verdict:
        """Fail for any other branch; no yes mends that."""
        if facts.evidence.intake is None:
            return Fail("evidence_missing", "Intake has not named a branch; rerun from intake.")
        branch, job = facts.evidence.intake.branch, facts.job
        is_base = normalise_branch(branch) == normalise_branch(job.base_branch)
        if is_base or is_protected(branch, facts.repo.policy.protected_branches):
            return Fail("branch_protected", f"Cannot push directly to protected branch: {branch.strip()}")
        if not is_branch(branch):
            return Fail(
                "branch_invalid", f"Git does not take {branch!a} as a branch name; rerun from intake."
            )
        if not branch.startswith(job.branch_prefix) or not is_own(branch, job.job_id):
            return Fail("branch_foreign", f"Branch {branch} is not this job's own; rerun from intake.")
        return Pass()
