"""Manifests in memory, a machine that is none, and the recipes they make."""

from collections.abc import Mapping

from builds.coding.setup.node import node_recipe
from builds.coding.setup.python import python_recipe
from builds.coding.setup.recipe import Machine, Recipe

LINUX = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.11.7",
    "python_version": "3.11",
    "sys_platform": "linux",
}
MACHINE = Machine(markers=LINUX, node="v20.1.0", npm="10.2.0", corepack="0.30")


class Files:
    """Manifests in memory."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files

    def read(self, path: str) -> bytes | None:
        return self._files[path].encode() if path in self._files else None

    def paths(self) -> tuple[str, ...]:
        return tuple(self._files)

    def has_folder(self, name: str) -> bool:
        return any(path.startswith(f"{name}/") for path in self._files)


def python(files: Mapping[str, str], *, named: tuple[str, ...] = (), scripts: bool = True) -> Recipe | None:
    return python_recipe(Files(files), lambda: MACHINE, named=named, scripts=scripts)


def node(files: Mapping[str, str], *, machine: Machine = MACHINE, scripts: bool = True) -> Recipe | None:
    return node_recipe(Files(files), lambda: machine, scripts=scripts)


def calls(recipe: Recipe | None) -> list[str]:
    """The arguments of each `pip install`."""
    assert recipe is not None
    return [line.partition("script-location ")[2] for line in recipe.commands if " install " in line]
