"""A repository with manifests, and a sandbox whose only index is one of ours."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from builds.adapters.model_scripted import ScriptedModel
from builds.adapters.progress_memory import MemoryProgress
from builds.adapters.sandbox_bwrap import BwrapSandbox
from builds.adapters.sandbox_extras import Egress
from builds.coding.workspace import Workspace
from builds.context import Context
from builds.evidence import SetupRun
from builds.policy import Policy
from builds.ports import RepoName
from tests.coding.world import make_context, make_workspace
from tests.package_index import Index


@dataclass
class SetupWorld:
    """Opens repositories as stations do. `variables` may be changed before."""

    index: Index
    folder: Path
    variables: dict[str, str]
    progress: MemoryProgress = field(default_factory=MemoryProgress)
    opened: int = 0

    @property
    def setups(self) -> list[SetupRun]:
        """What was said about set-ups, oldest first."""
        return self.progress.setups

    def open(
        self, files: dict[str, str], *, owner: str = "dream", hosts: tuple[str, ...] = (), **policy: Any
    ) -> tuple[Context, Workspace]:
        """A repository of these files, and a workspace at its first commit."""
        self.opened += 1
        here = self.folder / str(self.opened)
        (here / "scratch").mkdir(parents=True)
        workspace = make_workspace(here, files)
        egress = Egress(hosts=self.index.egress.hosts, variables=self.variables)
        sandbox = BwrapSandbox(layers=self.folder / "layers", egress=egress)
        context = make_context(here / "scratch", ScriptedModel(()), sandbox=sandbox)
        rules = Policy(setup_hosts=hosts, **policy)
        repo = replace(context.facts.repo, name=RepoName(owner, "app"), policy=rules)
        facts = replace(context.facts, repo=repo)
        return replace(context, facts=facts, progress=self.progress), workspace


def make_setup_world(index: Index, folder: Path) -> SetupWorld:
    """Nothing in it yet."""
    return SetupWorld(index, folder, dict(index.egress.variables))
