"""Verify: the repository's own checks on exactly the tree that would be published, against the baseline."""

from dataclasses import dataclass

from builds.coding.checks import Comparison, compare, run_check
from builds.coding.opening import intake_of, open_workspace
from builds.coding.setup.equipped import equip
from builds.coding.workspace import Workspace
from builds.context import Context
from builds.evidence import CheckRun, PlannedItem
from builds.outcomes import Back, Done, Fail, Outcome
from builds.publishing.offers import offer_text

MOST_RETURNS = 2
SHOWN = 20
OUTPUT = 6_000


@dataclass(frozen=True)
class Checked:
    """One check after the change, and what differs from before."""

    run: CheckRun
    comparison: Comparison


def verify(context: Context) -> Outcome:
    """What newly fails goes back to implement as a repair item, at most twice an attempt."""
    evidence = context.facts.evidence
    workspace = open_workspace(context, evidence.items)
    if workspace.tree() != evidence.tree_sha:
        return Fail(
            "tree_mismatch", "The patches do not make the tree that implement left; rerun from implement."
        )
    context = equip(context, workspace)
    checked = [
        Checked(run, compare(evidence.before.get(run.check), run)) for run in after_runs(context, workspace)
    ]
    broken = [found for found in checked if found.comparison.newly_failing]
    if evidence.left_out and (why := unfit(checked)):
        return Fail("budget_exhausted", f"{why} {offer_text(context.facts)}", resume="implement")
    if broken:
        return send_back(context, broken)
    return Done("; ".join(line(found) for found in checked) or "This repository has no checks.")


def after_runs(context: Context, workspace: Workspace) -> list[CheckRun]:
    """Each check on this tree. Never taken from an earlier run of the station: a rerun wants to see again."""
    runs = []
    for check in intake_of(context).checks:
        context.progress.note(f"Running {check.name}", step=check.name)
        run = run_check(context.sandbox, check, workspace, phase="after")
        context.progress.save_check(run)
        runs.append(run)
    return runs


def unfit(checked: list[Checked]) -> str:
    """Why the finished part of a job without money is no pull request; nothing when it is."""
    names = [name for found in checked for name in found.comparison.newly_failing]
    if names:
        return (
            f"The budget is used up, and what is finished breaks {', '.join(names[:SHOWN])}: no pull request."
        )
    if not any(found.run.outcome in {"passed", "failed"} for found in checked):
        return "The budget is used up, and no check could verify what is finished: no pull request."
    return ""


def send_back(context: Context, broken: list[Checked]) -> Outcome:
    """A repair item with only the new failures; after the last return the job fails with them."""
    names = [name for found in broken for name in found.comparison.newly_failing]
    fail = "test fails" if len(names) == 1 else "tests fail"
    what = f"{len(names)} {fail} that did not before: {', '.join(names[:SHOWN])}"
    returns = context.facts.job.verify_returns
    if returns >= MOST_RETURNS:
        return Fail("checks_failed", f"After {returns} repairs {what}.")
    run = broken[0].run
    context.progress.add_repair(
        PlannedItem(
            key=f"verify-{context.facts.job.attempt}-{returns + 1}",
            title=f"Repair what the change broke ({run.check})",
            why=f"{what}.\n\nThe end of the output:\n{run.output[-OUTPUT:]}",
            paths=tuple(path for item in context.facts.evidence.items for path in item.planned.paths),
            read=context.facts.evidence.change_set.paths[:8],
            check=run.check,
            origin="verify",
        )
    )
    return Back("implement", what)


def line(found: Checked) -> str:
    """One check in one line."""
    run, compared = found.run, found.comparison
    parts = [f"{run.check}: {run.outcome.replace('_', ' ')}"]
    if run.tests:
        parts.append(f"{list(run.tests.values()).count('passed')} of {len(run.tests)} tests pass")
    if compared.newly_passing:
        parts.append(f"{len(compared.newly_passing)} newly")
    if compared.removed:
        parts.append(f"{len(compared.removed)} removed or skipped")
    return ", ".join(parts) + (f" ({run.reason})" if run.outcome in {"not_run", "not_verified"} else "")
