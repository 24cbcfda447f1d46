"""Implement: the work items in order, each a short bounded loop; the only station that edits."""

from dataclasses import replace

from builds.budgets import OverBudget
from builds.coding.checks import run_baseline
from builds.coding.loop import run_item
from builds.coding.opening import intake_of, open_workspace
from builds.coding.setup.equipped import equip
from builds.coding.workspace import Workspace
from builds.context import Context
from builds.evidence import CheckRun, Item
from builds.outcomes import Done, Fail, Outcome
from builds.publishing.offers import offer_text, with_items
from builds.words import counted


def implement(context: Context) -> Outcome:
    """Finished items are kept; what is left is done in plan order. Stops at the first item that fails."""
    items = list(context.facts.evidence.items)
    workspace = open_workspace(context, tuple(items))
    context = equip(context, workspace)
    baseline = baselines(context, workspace)
    for place, item in enumerate(items):
        if item.status == "done":
            continue
        context.progress.beat()
        done = tuple(other for other in items if other.status == "done")
        try:
            finished = run_item(context, workspace, item.planned, baseline=baseline, done_so_far=done)
        except OverBudget as why:
            return leave_out(context, workspace, items, str(why))
        context.progress.save_item(finished)
        items[place] = finished
        if finished.status != "done":
            keep_change_set(context, workspace, items)
            return Fail(finished.failure or "item_failed", failure_text(finished))
    changed = keep_change_set(context, workspace, items)
    if not changed:
        return Fail("empty_change_set", "All items are done, but nothing differs from the base commit.")
    return Done(f"{counted(sum(item.status == 'done' for item in items), 'work item')} done")


def leave_out(context: Context, workspace: Workspace, items: list[Item], why: str) -> Outcome:
    """The money is gone. What is finished goes on to verify and a draft; the rest is left out, with a price.

    The transcript of the item under way stays: a rerun with more money goes on from there for nothing.
    """
    left = [item for item in items if item.status != "done"]
    context.progress.leave_out([item.planned.key for item in left], why)
    now = tuple(replace(item, status="left_out") if item in left else item for item in items)
    told = offer_text(with_items(context.facts, now))
    if not keep_change_set(context, workspace, items):
        return Fail("budget_exhausted", f"{why} Nothing is finished yet. {told}")
    return Done(f"The budget is used up: {counted(len(left), 'work item')} of {len(items)} left out. {told}")


def baselines(context: Context, workspace: Workspace) -> tuple[CheckRun, ...]:
    """Each check on the base commit, run once for a base and kept."""
    known = {
        run.check: run
        for run in context.facts.evidence.checks
        if run.phase == "baseline" and run.tree_sha == workspace.base_tree
    }
    missing = [check for check in intake_of(context).checks if check.name not in known]
    if missing:
        now = workspace.tree()
        workspace.reset_to(workspace.base_tree)
        for check in missing:
            run = run_baseline(context.sandbox, check, workspace)
            context.progress.save_check(run)
            known[check.name] = run
        workspace.reset_to(now)
    return tuple(known.values())


def keep_change_set(context: Context, workspace: Workspace, items: list[Item]) -> bool:
    """Store the diff of the finished items; whether there is one."""
    trees = [item.tree_after for item in items if item.status == "done" and item.tree_after]
    tree = trees[-1] if trees else workspace.base_tree
    patch = workspace.diff(workspace.base_tree, tree, context=None)
    context.progress.save_change_set(tree, patch)
    return tree != workspace.base_tree


def failure_text(item: Item) -> str:
    """Why it stopped, and how to go on."""
    planned = item.planned
    said = f": {item.summary}" if item.summary else ""
    return f"Work item {planned.key} ({planned.title}) failed{said}. A rerun from implement goes on from it."
