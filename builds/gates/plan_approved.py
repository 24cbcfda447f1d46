"""Did a person agree to the plan, where one was asked for?"""

from dataclasses import dataclass

from builds.context import Facts
from builds.evidence import Finding
from builds.outcomes import Fail, Pass, Pause, Verdict


@dataclass(frozen=True)
class PlanApproved:
    """Where policy or the request asks for it, a person agrees to the plan before code is written."""

    def ask(self, facts: Facts) -> Verdict:
        """Pause with one finding for each work item; the yes is bound to the plan's hash."""
        if not (facts.repo.policy.plan_approval or facts.job.plan_approval):
            return Pass()
        plan = facts.evidence.plan
        if plan is None:
            return Fail("evidence_missing", "There is no plan to approve; rerun from plan.")
        findings = tuple(
            Finding(rule="plan", reason=item.title, severity=item.risk, text=f"{item.key}: {item.title}")
            for item in plan.items
        )
        count = f"{len(findings)} work item{'' if len(findings) == 1 else 's'}"
        return Pause(f"The plan with {count} waits for a yes", findings, subject=plan.sha)
