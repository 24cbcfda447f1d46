"""Looks whether the base branch moved under a job, and once puts the work onto what it is now."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from builds.coding.opening import intake_of, open_workspace
from builds.coding.workspace import Workspace
from builds.context import Context
from builds.evidence import BaseSeen, Item
from builds.outcomes import Back
from builds.ports import Refused

SHOWN = 5


def look_at_base(context: Context) -> BaseSeen | Back:
    """Keep how the base branch stands for the present tree, or start over on it.

    It starts over at most once for a job, only where both sides changed the same files, only while no branch
    of ours is published, and only when the work applies to the new base as it is; what then collides is told.
    """
    facts, intake = context.facts, intake_of(context)
    repo, evidence = facts.repo.name, facts.evidence
    head = context.forge.branch_head(repo, facts.job.base_branch) or intake.base_sha
    collides: tuple[str, ...] = ()
    if head != intake.base_sha:
        theirs = context.forge.changed_paths(repo, intake.base_sha, head)
        collides = tuple(sorted(theirs.intersection(evidence.change_set.paths)))
    if collides and not intake.moved_from and context.forge.branch_head(repo, intake.branch) is None:
        moved = moved_items(context, head)
        if moved:
            onto = replace(intake, base_sha=head, moved_from=intake.base_sha, base_seen=None)
            context.progress.save_base(onto, moved)
            return Back("implement", why(facts.job.base_branch, collides), counts=False)
    seen = BaseSeen(head=head, tree_sha=evidence.tree_sha, collides=collides)
    context.progress.save_base(replace(intake, base_seen=seen))
    return seen


def moved_items(context: Context, head: str) -> tuple[Item, ...]:
    """The finished items with their patches made anew on another commit; nothing where one does not apply."""
    items = context.facts.evidence.items
    here = open_workspace(context, items)
    there = Workspace.open(
        Path(context.scratch) / "moved", forge=context.forge, repo=context.facts.repo.name, base_sha=head
    )
    try:
        return tuple(moved_item(item, here, there) for item in items if item.status == "done")
    except Refused as error:
        if error.code != "patch_refused":
            raise
        return ()


def moved_item(item: Item, here: Workspace, there: Workspace) -> Item:
    """One item on top of what is there. With the lines around it, or it would apply to anything.

    Raises Refused("patch_refused").
    """
    before = there.tree()
    after = there.apply(here.diff(item.tree_before, item.tree_after))
    return replace(item, patch=there.diff(before, after, context=0), tree_before=before, tree_after=after)


def why(branch: str, paths: Sequence[str]) -> str:
    """What happened, in a sentence."""
    more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    return f"{branch} moved meanwhile and changed {', '.join(paths[:SHOWN])}{more}; it starts over on that"


def with_base_seen(context: Context, seen: BaseSeen) -> Context:
    """The same context, knowing how the base branch stands."""
    evidence = context.facts.evidence
    intake = replace(intake_of(context), base_seen=seen)
    return replace(context, facts=replace(context.facts, evidence=replace(evidence, intake=intake)))
