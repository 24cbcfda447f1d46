"""Reads poetry.lock, of version 1 and 2; what the repository itself wants stands in pyproject.toml."""

import re
from collections.abc import Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from builds.coding.setup.locked import Edge, Locked, as_requirements, reachable
from builds.coding.setup.requirements import group, normal, table, texts, toml


def poetry_requirements(
    lock: bytes, project: bytes | None, extras: tuple[str, ...], environment: Mapping[str, str]
) -> bytes:
    """The packages of the repository itself with its test groups, for these markers.

    Raises Refused("setup_unsupported") for sources that are no index.
    """
    locked = toml(lock)
    old_files = table(locked, "metadata", "files")
    packages = [_locked(entry, old_files) for entry in locked.get("package", []) if isinstance(entry, dict)]
    edges = [*_poetry_edges(toml(project), extras), *_standard_edges(toml(project), extras)]
    return as_requirements(reachable(packages, edges, environment), "poetry.lock")


def _poetry_edges(project: dict[str, Any], extras: tuple[str, ...]) -> list[Edge]:
    """[tool.poetry]: its own dependencies, the old dev-dependencies, and the groups."""
    poetry = table(project, "tool", "poetry")
    wanted = {normal(name) for extra in extras for name in texts(table(poetry, "extras").get(extra))}
    tables = [table(poetry, "dependencies"), table(poetry, "dev-dependencies")]
    tables += [table(poetry, "group", name, "dependencies") for name in extras]
    found: list[Edge] = []
    for dependencies in tables:
        for name, value in dependencies.items():
            optional = isinstance(value, dict) and value.get("optional") is True
            if normal(name) != "python" and (not optional or normal(name) in wanted):
                found += _edges(name, value)
    return found


def _standard_edges(project: dict[str, Any], extras: tuple[str, ...]) -> list[Edge]:
    """[project] and [dependency-groups], which Poetry 2 reads."""
    lines = texts(table(project, "project").get("dependencies"))
    for extra in extras:
        lines += texts(table(project, "project", "optional-dependencies").get(extra))
        lines += group(table(project, "dependency-groups"), extra)
    found = []
    for line in lines:
        try:
            wanted = Requirement(line)
        except InvalidRequirement:
            continue
        marker = str(wanted.marker or "")
        found.append(Edge(name=wanted.name, marker=marker, extras=tuple(wanted.extras)))
    return found


def _locked(entry: dict[str, Any], old_files: Mapping[str, Any]) -> Locked:
    name = str(entry.get("name", ""))
    dependencies = table(entry, "dependencies")
    edges = [edge for wanted, value in dependencies.items() for edge in _edges(wanted, value)]
    by_name = {normal(edge.name): edge for edge in edges}
    source = str(table(entry, "source").get("type", ""))
    optional = {
        extra: tuple(_extra_edge(text, by_name) for text in texts(listed))
        for extra, listed in table(entry, "extras").items()
    }
    in_extras = {normal(edge.name) for listed in optional.values() for edge in listed}
    return Locked(
        name=name,
        version=str(entry.get("version", "")),
        hashes=tuple(
            str(file["hash"])
            for file in entry.get("files") or old_files.get(name) or []
            if isinstance(file, dict) and "hash" in file
        ),
        edges=tuple(edge for edge in edges if normal(edge.name) not in in_extras),
        extras=optional,
        forks=_forks(entry.get("markers")),
        foreign="" if source in {"", "legacy"} else source,
    )


def _forks(markers: Any) -> tuple[str, ...]:
    """One marker, or one for each group that wants the package."""
    if isinstance(markers, dict):
        return tuple(text for text in markers.values() if isinstance(text, str))
    return (markers,) if isinstance(markers, str) else ()


def _extra_edge(text: str, by_name: Mapping[str, Edge]) -> Edge:
    """`name (>=1.2)`: the edge that the dependencies hold, whose marker names the extra and is met by it."""
    name = re.split(r"[\s(\[;]", text.strip(), maxsplit=1)[0]
    known = by_name.get(normal(name))
    return Edge(name=name, extras=known.extras if known else ())


def _edges(name: str, value: Any) -> list[Edge]:
    """`"^1.2"`, a table, or a list of tables for different machines."""
    if isinstance(value, list):
        return [edge for entry in value for edge in _edges(name, entry)]
    if not isinstance(value, dict):
        return [Edge(name=name)]
    return [Edge(name=name, marker=str(value.get("markers", "")), extras=tuple(texts(value.get("extras"))))]
