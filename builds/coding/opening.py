"""Opens the workspace of a job: the base commit with the patches of its finished items."""

from builds.coding.workspace import Workspace
from builds.context import Context
from builds.evidence import Intake, Item
from builds.ports import Refused


def open_workspace(context: Context, items: tuple[Item, ...] = ()) -> Workspace:
    """Rebuild the work tree from rows. Raises Unavailable or Refused."""
    return Workspace.open(
        context.scratch / "workspace",
        forge=context.forge,
        repo=context.facts.repo.name,
        base_sha=intake_of(context).base_sha,
        patches=[item.patch for item in items if item.status == "done"],
    )


def intake_of(context: Context) -> Intake:
    """What intake pinned down. Raises Refused("evidence_missing") before intake was done."""
    if context.facts.evidence.intake is None:
        raise Refused("evidence_missing", "Intake has not been done; rerun from intake.")
    return context.facts.evidence.intake
