"""Python requirements as pip takes them: files with their includes, and what the package itself lists."""

import configparser
import posixpath
import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from builds.coding.setup.recipe import FOLDER
from builds.coding.setup.sources import Source

TESTING = ("test", "tests", "testing", "dev", "develop")
"""Extras and groups that hold what tests need, by the names that people give them."""

USE = ("requirements.txt",)
TESTS = (
    "requirements-test.txt",
    "requirements-tests.txt",
    "requirements_test.txt",
    "test-requirements.txt",
    "test.requirements.txt",
    "requirements/test.txt",
    "requirements/tests.txt",
    "requirements/testing.txt",
)
DEVELOPMENT = (
    "requirements-dev.txt",
    "requirements_dev.txt",
    "dev-requirements.txt",
    "dev.requirements.txt",
    "requirements/dev.txt",
)
MOST_INCLUDES = 40
INCLUDE = re.compile(r"^\s*(?:-r|-c|--requirement|--constraint)[ =]*(\S+)")
# A path of the repository itself: its files are not there in the set-up, and reach the tests without.
LOCAL = re.compile(r"^\s*(?:-e|--editable)[ =]|^\s*(?:\.{1,2}(?:$|[/\[\s])|file:)", re.MULTILINE)


def found_files(source: Source) -> tuple[str, ...]:
    """Files by their usual names. Those for tests do without those for development, which hold far more."""
    tests = [name for name in TESTS if source.read(name) is not None]
    others = [name for name in DEVELOPMENT if source.read(name) is not None]
    return (*(name for name in USE if source.read(name) is not None), *(tests or others))


def requirement_files(source: Source, names: Iterable[str]) -> dict[str, bytes]:
    """Those that are there, with all that they include, without the lines that name the repository itself."""
    found: dict[str, bytes] = {}
    waiting = list(names)
    while waiting and len(found) < MOST_INCLUDES:
        name = waiting.pop(0)
        if name in found or name.startswith(FOLDER) or (data := source.read(name)) is None:
            continue
        lines = data.decode("utf-8", "replace").splitlines()
        found[name] = "\n".join(line for line in lines if not LOCAL.match(line)).encode() + b"\n"
        folder = posixpath.dirname(name)
        included = [match[1] for line in lines if (match := INCLUDE.match(line))]
        waiting += [posixpath.normpath(posixpath.join(folder, path)) for path in included]
    return found


def has_hashes(data: bytes) -> bool:
    """Whether pip will want a hash for everything in this file."""
    return b"--hash=" in data


def own_requirements(source: Source, extras: tuple[str, ...]) -> tuple[str, ...]:
    """What pyproject.toml or setup.cfg lists for the package itself, its `extras` and its groups."""
    project = toml(source.read("pyproject.toml"))
    found = [*texts(table(project, "project").get("dependencies"))]
    optional = table(project, "project", "optional-dependencies")
    groups = project.get("dependency-groups")
    found += [text for name in extras for text in texts(optional.get(name))]
    found += [text for name in extras for text in group(groups if isinstance(groups, dict) else {}, name)]
    found += setup_cfg(source.read("setup.cfg"), extras)
    name = str(table(project, "project").get("name", ""))
    return tuple(dict.fromkeys(text for text in found if not name or not _is_itself(text, name)))


def group(groups: Mapping[str, Any], name: str, seen: tuple[str, ...] = ()) -> list[str]:
    """A dependency group with those it includes (PEP 735)."""
    entries = groups.get(name)
    found: list[str] = []
    for entry in entries if isinstance(entries, list) and name not in seen else []:
        if isinstance(entry, str):
            found.append(entry)
        elif isinstance(entry, dict):
            found += group(groups, str(entry.get("include-group", "")), (*seen, name))
    return found


def setup_cfg(data: bytes | None, extras: tuple[str, ...]) -> list[str]:
    """`install_requires` and `extras_require`, a requirement a line."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string((data or b"").decode("utf-8", "replace"))
    except configparser.Error:
        return []
    listed = [parser.get("options", "install_requires", fallback="")]
    listed += [parser.get("options.extras_require", name, fallback="") for name in extras]
    lines = [line.strip() for text in listed for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith(("#", "file:", "attr:"))]


def toml(data: bytes | None) -> dict[str, Any]:
    """A TOML file; empty where it is none."""
    try:
        return tomllib.loads((data or b"").decode("utf-8", "replace"))
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def table(values: Mapping[str, Any], *path: str) -> dict[str, Any]:
    """A table within tables; empty where there is none."""
    found: Any = values
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def texts(value: Any) -> list[str]:
    """The strings of a list."""
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _is_itself(requirement: str, name: str) -> bool:
    """A package that names itself to gather its own extras, as `package[test]` in `dev` does."""
    said = re.match(r"\s*([A-Za-z0-9._-]+)", requirement)
    return bool(said) and normal(said[1] if said else "") == normal(name)


def normal(name: str) -> str:
    """A package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
