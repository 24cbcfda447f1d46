"""What a lock file's graph comes to on one machine: exact packages with hashes, as pip takes them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.version import InvalidVersion, Version

from builds.coding.setup.recipe import not_supported
from builds.coding.setup.requirements import normal


@dataclass(frozen=True, kw_only=True)
class Edge:
    """One package wants another, perhaps with extras, perhaps only where a marker holds."""

    name: str
    marker: str = ""
    extras: tuple[str, ...] = ()
    version: str = ""


@dataclass(frozen=True, kw_only=True)
class Locked:
    """One package of a lock. `foreign` says where it comes from when that is no index."""

    name: str
    version: str
    hashes: tuple[str, ...] = ()
    edges: tuple[Edge, ...] = ()
    extras: Mapping[str, tuple[Edge, ...]]
    forks: tuple[str, ...] = ()  # markers, any of which lets it be taken
    foreign: str = ""


def holds(marker: str, environment: Mapping[str, str]) -> bool:
    """Whether a marker holds; one that cannot be read does not take a package away."""
    if not marker:
        return True
    try:
        return Marker(marker).evaluate({**environment, "extra": ""})
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName, InvalidVersion):
        return True


def reachable(
    packages: Iterable[Locked], roots: Sequence[Edge], environment: Mapping[str, str]
) -> tuple[Locked, ...]:
    """Every package that the roots need on a machine with these markers, by name."""
    by_name: dict[str, list[Locked]] = {}
    for package in packages:
        by_name.setdefault(normal(package.name), []).append(package)
    found: dict[str, Locked] = {}
    waiting, asked = list(roots), set()
    while waiting:
        edge = waiting.pop()
        if not holds(edge.marker, environment):
            continue
        chosen = _choose(by_name.get(normal(edge.name), []), edge, environment)
        if chosen is None:
            continue
        found[normal(chosen.name)] = chosen
        for extra in ("", *edge.extras):
            if (chosen.name, chosen.version, extra) not in asked:
                asked.add((chosen.name, chosen.version, extra))
                waiting += chosen.extras.get(extra, ()) if extra else chosen.edges
    return tuple(found[name] for name in sorted(found))


def _choose(candidates: list[Locked], edge: Edge, environment: Mapping[str, str]) -> Locked | None:
    fitting = [
        package
        for package in candidates
        if (not edge.version or package.version == edge.version)
        and (not package.forks or any(holds(fork, environment) for fork in package.forks))
    ]
    return max(fitting, key=lambda package: _version(package.version), default=None)


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")


def as_requirements(packages: Sequence[Locked], lock: str) -> bytes:
    """Lines `name==version --hash=…`. Raises Refused("setup_unsupported") for what comes from no index."""
    lines = []
    for package in packages:
        if package.foreign:
            raise not_supported(f"{lock} takes {package.name} from {package.foreign}, not from an index.")
        if not package.hashes:
            raise not_supported(f"{lock} has no hash for {package.name}.")
        hashes = " ".join(f"--hash={digest}" for digest in sorted(set(package.hashes)))
        lines.append(f"{package.name}=={package.version} {hashes}\n")
    return "".join(lines).encode()
