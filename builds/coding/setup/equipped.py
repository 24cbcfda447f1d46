"""A sandbox in which a repository's dependencies are in place: those of the very files that are run."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp

import pip

from builds.coding.factory_file import FactoryFile, read_factory_file
from builds.coding.setup.machine import ask_machine
from builds.coding.setup.node import node_recipe
from builds.coding.setup.python import python_recipe
from builds.coding.setup.recipe import FOLDER, LISTED, Machine, Recipe
from builds.coding.setup.sources import FolderSource, Source, TreeSource
from builds.coding.untrusted import storable
from builds.coding.workspace import Workspace
from builds.context import Context
from builds.evidence import SetupRun
from builds.ports import Refused, Unavailable
from builds.sandboxed import Collect, Install, Installed, Layer, Limits, Probe, Ran

LIMITS = Limits(wall_seconds=600, cpu_seconds=600, memory_bytes=2 << 30, disk_bytes=2 << 30, processes=512)
TAIL = 4_000
SHOWN = 20


def equip(context: Context, workspace: Workspace) -> Context:
    """The same context, in whose sandbox the base commit's dependencies are installed.

    Where the policy turns it off, or no code is run, it is the context itself. Raises Unavailable, and
    Refused: `setup_failed`, `setup_unsupported`, `setup_hosts_invalid`, `factory_file_invalid`.
    """
    if context.facts.repo.policy.setup == "off" or not context.sandbox.runs_code:
        return context
    sandbox = Equipped(context, workspace)
    sandbox.prepare()
    return replace(context, sandbox=sandbox)


class Equipped:
    """The Sandbox port over another one. Every run gets the layers of the manifests in its own tree.

    Manifests that a change set changed are installed without running any code of packages.
    """

    runs_code = True

    def __init__(self, context: Context, workspace: Workspace) -> None:
        self.name = context.sandbox.name
        self._context = context
        self._base = TreeSource(workspace, workspace.base_tree)
        self._named = self._own_file().setup.requirements
        self._made: dict[str, Layer | Ran] = {}

    def prepare(self) -> None:
        """Install what the base commit asks for."""
        for recipe in self._base_recipes.values():
            made = self._layer(recipe, scripts=True)
            if isinstance(made, Ran):
                raise Refused("setup_failed", failure(recipe, made))

    def _own_file(self) -> FactoryFile:
        return read_factory_file(self._base.read, self._context.facts.repo.policy.config_path)

    def probe(self) -> Probe:
        """As the sandbox below says."""
        return self._context.sandbox.probe()

    def run(
        self,
        argv: Sequence[str],
        *,
        tree: Path,
        limits: Limits,
        layers: Sequence[Layer] = (),
        collect: Collect | None = None,
    ) -> Ran:
        """Run it with the dependencies of `tree`. Where they cannot be installed, it ended with `setup`."""
        made = self._layers_of(FolderSource(tree))
        if isinstance(made, Ran):
            return replace(made, exit_code=None, ended="setup")
        return self._context.sandbox.run(
            argv, tree=tree, limits=limits, layers=(*layers, *made), collect=collect
        )

    def install(self, install: Install, *, tree: Path, limits: Limits) -> Installed:
        """As the sandbox below does."""
        return self._context.sandbox.install(install, tree=tree, limits=limits)

    def kill_all(self) -> None:
        """As the sandbox below does."""
        self._context.sandbox.kill_all()

    @cached_property
    def _machine(self) -> Machine:
        return ask_machine(self._context.sandbox, self._context.scratch / "empty")

    @cached_property
    def _base_recipes(self) -> dict[str, Recipe]:
        return {recipe.ecosystem: recipe for recipe in self._recipes(self._base, scripts=True)}

    def _recipes(self, source: Source, *, scripts: bool) -> list[Recipe]:
        found = (
            python_recipe(source, lambda: self._machine, named=self._named, scripts=scripts),
            node_recipe(source, lambda: self._machine, scripts=scripts),
        )
        return [recipe for recipe in found if recipe is not None]

    def _layers_of(self, source: Source) -> list[Layer] | Ran:
        """The base's own where the manifests are the base's, else new ones; or how making one ended."""
        layers = []
        try:
            safe = {recipe.ecosystem: recipe for recipe in self._recipes(source, scripts=False)}
            for recipe in self._recipes(source, scripts=True):
                same = self._base_recipes.get(recipe.ecosystem) == recipe
                made = self._layer(recipe if same else safe[recipe.ecosystem], scripts=same)
                if isinstance(made, Ran):
                    return made
                layers.append(made)
        except Refused as error:
            return Ran(exit_code=None, output=f"{error}\n", seconds=0, ended="setup")
        return layers

    def _layer(self, recipe: Recipe, *, scripts: bool) -> Layer | Ran:
        """The layer of a recipe, made where it is not there yet, or how making it ended."""
        policy = self._context.facts.repo.policy
        layer = Layer(
            key=recipe.key(str(self._context.facts.repo.name), self._machine, policy.setup_hosts),
            inside=recipe.inside,
            programs=recipe.programs,
            scratch=recipe.scratch,
        )
        if layer.key not in self._made:
            self._made[layer.key] = self._make(recipe, layer, scripts=scripts)
        return self._made[layer.key]

    def _make(self, recipe: Recipe, layer: Layer, *, scripts: bool) -> Layer | Ran:
        named = ", ".join(recipe.manifests[:SHOWN])
        self._context.progress.note(f"Setting up {recipe.ecosystem}: {named}")
        tree = write_tree(recipe, Path(mkdtemp(prefix="setup-", dir=self._context.scratch)))
        install = Install(
            argv=("sh", "-eux", f"{FOLDER}/install.sh"),
            layer=layer,
            hosts=self._context.facts.repo.policy.setup_hosts,
        )
        try:
            installed = self._context.sandbox.install(install, tree=tree, limits=LIMITS)
        finally:
            shutil.rmtree(tree)
        ran = installed.ran
        if not installed.ok and installed.unreachable:
            hosts = ", ".join(installed.unreachable)
            raise Unavailable(f"The set-up could not reach {hosts}; the network or the host is down.")
        self._save(recipe, layer, installed, scripts=scripts)
        return layer if ran is None or installed.ok else with_refused(ran, installed.refused)

    def _save(self, recipe: Recipe, layer: Layer, installed: Installed, *, scripts: bool) -> None:
        known = {setup.layer for setup in self._context.facts.evidence.setups if setup.outcome == "installed"}
        if installed.ran is None and layer.key in known:
            return  # what an earlier station said of it tells more
        self._context.progress.save_setup(
            SetupRun(
                ecosystem=recipe.ecosystem,
                manifests=recipe.manifests,
                layer=layer.key,
                outcome="installed" if installed.ok else "failed",
                reused=installed.ran is None,
                scripts=scripts,
                installed=self._listed(layer) if installed.ok else (),
                refused=installed.refused,
                seconds=installed.ran.seconds if installed.ran else 0,
                output=storable(installed.ran.output[-TAIL:]) if installed.ran else "",
            )
        )

    def _listed(self, layer: Layer) -> tuple[str, ...]:
        """What the layer's own list says; it is the word of what was installed, and shown as no more."""
        ran = self._context.sandbox.run(
            ["cat", f"{layer.inside}/{LISTED}"],
            tree=self._context.scratch / "empty",
            limits=Limits(wall_seconds=30),
            layers=[layer],
        )
        lines = storable(ran.output).splitlines() if ran.exit_code == 0 else []
        return tuple(line for line in lines if "==" in line and len(line) < 200)[:2000]


def write_tree(recipe: Recipe, folder: Path) -> Path:
    """The files of a recipe and our own beside them, as the tree of its set-up."""
    script = "".join(f"{line}\n" for line in recipe.commands).encode()
    for path, data in {**recipe.files, f"{FOLDER}/install.sh": script}.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    if recipe.needs_pip:
        # Ours, so that every machine installs alike, and one whose Python has no pip installs at all.
        shutil.copytree(
            Path(pip.__file__).parent,
            folder / FOLDER / "pip",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    return folder


def with_refused(ran: Ran, refused: tuple[str, ...]) -> Ran:
    """The hosts that were refused stand at the end, where people look."""
    if not refused:
        return ran
    return replace(ran, output=f"{ran.output}\nRefused by the allow-list: {', '.join(refused)}.\n")


def failure(recipe: Recipe, ran: Ran) -> str:
    """Why the base commit's dependencies are not there, with the end of what was said."""
    how = {"timeout": f"it took longer than {LIMITS.wall_seconds:g} s", "output_limit": "it wrote too much"}
    why = how.get(ran.ended, f"exit {ran.exit_code}" if ran.exit_code is not None else "it was not kept")
    named = ", ".join(recipe.manifests[:SHOWN])
    return f"The dependencies of {named} could not be installed ({why}). {storable(ran.output[-TAIL:])}"
