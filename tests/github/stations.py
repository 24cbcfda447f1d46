"""A job whose items are done, as create_pr and deploy are given it: no database, no model, real git."""

import tempfile
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

from builds.adapters.artifacts_local import LocalArtifacts
from builds.adapters.forge_github import GitHubForge
from builds.adapters.forge_local import LocalForge
from builds.adapters.model_scripted import ScriptedModel
from builds.adapters.progress_memory import MemoryProgress
from builds.adapters.sandbox_none import NoSandbox
from builds.coding.workspace import Workspace
from builds.context import Context, Evidence, Facts, JobFacts, Money, RepoFacts, SpecFacts
from builds.evidence import Intake, Item, PlannedItem
from builds.outcomes import Done, Outcome
from builds.policy import Policy
from builds.ports import Refused, Unavailable
from builds.stations.create_pr import create_pr
from tests.adapters.local_forges import AT, BRANCH, REPO
from tests.github.state import Hub
from tests.github.work import base_of

JOB = JobFacts(
    job_id="job-1",
    attempt=1,
    title="Search",
    user_id="alice",
    requester="alice",
    trust_level="shipper",
    base_branch="main",
    branch_prefix="dream/",
    plan_approval=False,
    created_at=AT,
)


@cache
def items_of(bare: Path, count: int, files: int) -> tuple[Item, ...]:
    """Finished work items that bring `files` files each: the same for every copy of a repository."""
    forge = LocalForge(bare)
    base = forge.branch_head(REPO, "main")
    assert base
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.open(Path(folder), forge=forge, repo=REPO, base_sha=base)
        return tuple(finished(workspace, count, files))


def finished(workspace: Workspace, count: int, files: int) -> list[Item]:
    """One item after the other."""
    made, before = [], workspace.base_tree
    for number in range(count):
        for file in range(files):
            workspace.write(f"shop/part{number}/module{file}.py", f"VALUE = {number * file}\n".encode())
        tree = workspace.tree()
        made.append(
            Item(
                planned=PlannedItem(key=str(number + 1), title=f"Part {number}"),
                status="done",
                summary=f"Wrote part {number}.",
                patch=workspace.diff(before, tree),
                tree_before=before,
                tree_after=tree,
                finished_at=AT + timedelta(minutes=number),
            )
        )
        before = tree
    return made


def context_of(
    forge: GitHubForge, hub: Hub, folder: Path, *, count: int = 2, files: int = 2, deploy: str = ""
) -> Context:
    """What create_pr gets after a build of `count` items."""
    items = items_of(hub.source, count, files)
    patch = b"".join(item.patch for item in items)
    evidence = Evidence(
        intake=Intake(base_sha=base_of(hub), branch=BRANCH, checks=()),
        items=items,
        tree_sha=items[-1].tree_after,
        patch=patch,
    )
    spec = SpecFacts(sha256="0" * 64, title="Search", markdown="# Search", overview="Why", criteria=())
    money = Money(
        max_dollars=Decimal(2),
        spent=Decimal(1),
        reserved=Decimal(0),
        max_tokens=9,
        tokens_used=1,
        tokens_reserved=0,
    )
    repo = RepoFacts(name=REPO, enabled=True, policy=Policy(deploy=deploy), writer="w", reviewer="r")
    return Context(
        facts=Facts(job=JOB, spec=spec, repo=repo, money=money, evidence=evidence),
        model=ScriptedModel(folder),
        forge=forge,
        sandbox=NoSandbox(),
        artifacts=LocalArtifacts(folder / "artifacts"),
        progress=MemoryProgress(),
        scratch=folder / "scratch",
    )


def memory(context: Context) -> MemoryProgress:
    """What the station remembered."""
    assert isinstance(context.progress, MemoryProgress)
    return context.progress


def created(context: Context) -> Context:
    """The context of the next station, once create_pr is done."""
    outcome = create_pr(context)
    assert isinstance(outcome, Done)
    evidence = replace(context.facts.evidence, pull=memory(context).pulls[-1])
    return replace(context, facts=replace(context.facts, evidence=evidence))


def with_tries(context: Context, tries: int = 3) -> Outcome | Refused:
    """create_pr as the engine runs it: again when GitHub did not answer."""
    for left in range(tries - 1, -1, -1):
        try:
            return create_pr(context)
        except Refused as refusal:
            return refusal
        except Unavailable:
            if not left:
                raise
    raise AssertionError("the last try returns or raises")
