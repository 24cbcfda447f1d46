"""Reads uv.lock: a graph of packages whose root is the repository itself."""

from collections.abc import Mapping
from typing import Any

from builds.coding.setup.locked import Edge, Locked, as_requirements, reachable
from builds.coding.setup.recipe import not_supported
from builds.coding.setup.requirements import table, texts, toml


def uv_requirements(
    lock: bytes, project: bytes | None, extras: tuple[str, ...], environment: Mapping[str, str]
) -> bytes:
    """The packages of the repository itself, with its test extras and groups, for these markers.

    Raises Refused("setup_unsupported") for sources that are no index, and for a lock without a root.
    """
    packages = [entry for entry in toml(lock).get("package", []) if isinstance(entry, dict)]
    roots = [entry for entry in packages if _is_root(entry)]
    if not roots:
        raise not_supported("uv.lock does not say which of its packages is the repository itself.")
    groups = (*extras, *texts(table(toml(project), "tool", "uv").get("default-groups")))
    edges: list[Edge] = []
    for root in roots:
        edges += _edges(root.get("dependencies"))
        for name in extras:
            edges += _edges(table(root, "optional-dependencies").get(name))
        for name in dict.fromkeys(groups):
            edges += _edges(table(root, "dev-dependencies").get(name))
    locked = [_locked(entry) for entry in packages if not _is_root(entry)]
    own = {str(entry.get("name")) for entry in roots}
    wanted = [edge for edge in edges if edge.name not in own]
    return as_requirements(reachable(locked, wanted, environment), "uv.lock")


def _is_root(entry: dict[str, Any]) -> bool:
    """The repository, and the members of its workspace, whose files the checkout has."""
    source = table(entry, "source")
    return "virtual" in source or "editable" in source


def _locked(entry: dict[str, Any]) -> Locked:
    files = [*entry.get("wheels", []), entry.get("sdist")]
    source = table(entry, "source")
    return Locked(
        name=str(entry.get("name", "")),
        version=str(entry.get("version", "")),
        hashes=tuple(str(file["hash"]) for file in files if isinstance(file, dict) and "hash" in file),
        edges=tuple(_edges(entry.get("dependencies"))),
        extras={name: tuple(_edges(edges)) for name, edges in table(entry, "optional-dependencies").items()},
        forks=tuple(texts(entry.get("resolution-markers"))),
        foreign="" if not source or "registry" in source else next(iter(source)),
    )


def _edges(entries: Any) -> list[Edge]:
    return [
        Edge(
            name=str(entry.get("name", "")),
            marker=str(entry.get("marker", "")),
            extras=tuple(texts(entry.get("extra"))),
            version=str(entry.get("version", "")),
        )
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict)
    ]
