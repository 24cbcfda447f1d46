"""Finds every function of the product that writes rows, and who calls it, by reading the code."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from django.conf import settings

PEOPLES_DOORS = ("admin", "api", "management", "migrations")
"""They call operations and are no part of a worker; a person's command is fenced by its guarded move."""

WRITING = {
    "abulk_create", "acreate", "adelete", "asave", "aupdate", "bulk_create", "bulk_update", "create",
    "delete", "get_or_create", "save", "update", "update_or_create",
}  # fmt: skip
MODELS = ("builds.models", "specs.models")


@dataclass
class Function:
    """A function by its whole name, what it calls, and the lines at which it writes rows itself."""

    name: str
    calls: set[str] = field(default_factory=set)
    writes: list[int] = field(default_factory=list)


@cache
def functions() -> dict[str, Function]:
    """All functions of the modules that a worker or a scheduler runs."""
    root = Path(settings.ROOT)
    found: dict[str, Function] = {}
    for path in sorted((root / "builds").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if not set(parts) & set(PEOPLES_DOORS):
            module = ".".join(parts).removesuffix(".__init__")
            found |= {each.name: each for each in Module(module, ast.parse(path.read_text("utf-8"))).read()}
    return found


class Module:
    """One file, and what its names stand for."""

    def __init__(self, name: str, tree: ast.Module) -> None:
        self.name = name
        self.tree = tree
        self.names: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for each in node.names:
                    self.names[each.asname or each.name] = f"{node.module}.{each.name}"
        self.names |= {node.name: f"{name}.{node.name}" for node in tree.body if isinstance(node, DEFINED)}

    @property
    def knows_rows(self) -> bool:
        """Whether it can reach rows at all; elsewhere `update` is a dictionary's."""
        imported = any(name.startswith(MODELS) for name in self.names.values())
        return imported or self.name.startswith(MODELS)

    def read(self) -> Iterator[Function]:
        """Each function and method."""
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef):
                yield self.function(node, f"{self.name}.{node.name}", "")
            elif isinstance(node, ast.ClassDef):
                for each in node.body:
                    if isinstance(each, ast.FunctionDef):
                        owner = f"{self.name}.{node.name}"
                        yield self.function(each, f"{owner}.{each.name}", owner)

    def function(self, node: ast.FunctionDef, name: str, owner: str) -> Function:
        """What one of them does; functions inside it count as it."""
        found = Function(name)
        for each in ast.walk(node):
            if isinstance(each, ast.Call):
                found.calls.add(self.callee(each.func, owner))
                written = isinstance(each.func, ast.Attribute) and each.func.attr in WRITING
                if written and self.knows_rows:
                    found.writes.append(each.lineno)
        return found

    def callee(self, called: ast.expr, owner: str) -> str:
        """The whole name of what is called, as far as the code alone says it."""
        if isinstance(called, ast.Name):
            return self.names.get(called.id, called.id)
        if isinstance(called, ast.Attribute):
            if isinstance(called.value, ast.Name) and called.value.id == "self":
                return f"{owner}.{called.attr}"
            if isinstance(called.value, ast.Name) and called.value.id in self.names:
                return f"{self.names[called.value.id]}.{called.attr}"
            return f"?.{called.attr}"
        return ""


DEFINED = ast.FunctionDef | ast.ClassDef


def writers() -> dict[str, list[int]]:
    """Every function that writes rows itself, with the lines."""
    return {name: each.writes for name, each in functions().items() if each.writes}


def callers(name: str) -> set[str]:
    """Every function that calls this one."""
    return {each.name for each in functions().values() if name in each.calls}
