"""How a repository checks itself: what its policy says, else what its files say."""

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from builds.coding.factory_file import read_factory_file
from builds.evidence import Check
from builds.policy import Policy

SKIPPED_FOLDERS = frozenset({"node_modules", "venv", "env", "build", "dist", "site-packages", "__pycache__"})
PYTEST = ("python3", "-m", "pytest", "-v", "--tb=short", "-p", "no:cacheprovider")
UNITTEST = ("python3", "-m", "unittest", "discover", "-v")
DJANGO = ("python3", "manage.py", "test", "-v", "2", "--noinput")
PLACEHOLDER = "no test specified"
MAX_FILES = 20_000


def detect_checks(root: Path, policy: Policy) -> tuple[Check, ...]:
    """The policy's checks if it names any, else those of the file it names, else what is found in the tree.

    `root` holds the base commit. Raises Refused("factory_file_invalid").
    """
    if policy.checks:
        return tuple(
            Check(name=name, argv=tuple(argv), source="policy") for name, argv in policy.checks.items()
        )
    own = read_factory_file(lambda path: _bytes(root / path), policy.config_path)
    if said := own.as_checks(policy.config_path):
        return said
    paths = listed_paths(root)
    return tuple(check for check in (_python_check(root, paths), _node_check(root)) if check)


def listed_paths(root: Path) -> tuple[str, ...]:
    """Ordinary files outside of hidden and made folders, by path, at most so many."""
    return tuple(
        path.relative_to(root).as_posix() for path, _ in zip(_walk(root), range(MAX_FILES), strict=False)
    )


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in SKIPPED_FOLDERS or path.is_symlink():
            continue
        if path.is_dir():
            yield from _walk(path)
        elif path.is_file():
            yield path


def _python_check(root: Path, paths: tuple[str, ...]) -> Check | None:
    tests = [path for path in paths if re.search(r"(^|/)(test[^/]*|[^/]*_test)\.py$", path)]
    if not tests:
        return None
    if re.search(r"DJANGO_SETTINGS_MODULE", _text(root / "manage.py")) and not _pytest_source(root, paths):
        return Check(name="tests", argv=DJANGO, source="manage.py")
    source = _pytest_source(root, paths)
    command = PYTEST if source else _unittest(root, tests)
    return Check(name="tests", argv=(*_source_layout(root), *command), source=source or "test files")


def _pytest_source(root: Path, paths: tuple[str, ...]) -> str:
    """Which file says that pytest is this repository's runner."""
    if (root / "pytest.ini").is_file():
        return "pytest.ini"
    if "[tool:pytest]" in _text(root / "setup.cfg"):
        return "setup.cfg"
    if any(path.rpartition("/")[2] == "conftest.py" for path in paths):
        return "conftest.py"
    declared = [
        path for path in paths if re.fullmatch(r"(requirements[^/]*|[^/]*requirements)\.(txt|in)", path)
    ]
    for path in ("pyproject.toml", "tox.ini", "Pipfile", *declared):
        if re.search(r"(?<![\w-])pytest(?![\w-])", _text(root / path)):
            return path
    return ""


def _unittest(root: Path, tests: list[str]) -> tuple[str, ...]:
    """`discover` looks into packages only; a folder of tests that is none has to be named."""
    folders = {path.partition("/")[0] for path in tests if "/" in path}
    loose = sorted(folder for folder in folders if not (root / folder / "__init__.py").is_file())
    at_root = any("/" not in path for path in tests)
    if len(folders) == 1 and loose and not at_root:
        return (*UNITTEST, "-s", loose[0])
    return UNITTEST


def _source_layout(root: Path) -> tuple[str, ...]:
    """A src layout is importable only when it is on the path."""
    return ("env", "PYTHONPATH=src") if any((root / "src").glob("*/__init__.py")) else ()


def _node_check(root: Path) -> Check | None:
    script = _test_script(_text(root / "package.json"))
    if not script or PLACEHOLDER in script:
        return None
    words = shlex.split(script) if not re.search(r"[&|;<>$`*(]", script) else []
    if words[:2] == ["node", "--test"] and not any(word.startswith("--test-reporter") for word in words):
        argv: tuple[str, ...] = ("node", "--test", "--test-reporter=tap", *words[2:])
    else:
        argv = ("npm", "test")
    return Check(name="node-tests", argv=argv, source="package.json")


def _test_script(text: str) -> str:
    try:
        manifest: Any = json.loads(text) if text else {}
        script = manifest.get("scripts", {}).get("test", "")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return script if isinstance(script, str) else ""


def _text(path: Path) -> str:
    try:
        text = path.read_bytes()[:200_000].decode("utf-8", "replace")
    except OSError:
        return ""
    return _without_comments(text) if path.name == "pyproject.toml" else text


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() and not path.is_symlink() else None


def _without_comments(text: str) -> str:
    """pyproject.toml as values, so that a comment about pytest decides nothing."""
    try:
        return json.dumps(tomllib.loads(text), default=str)
    except tomllib.TOMLDecodeError:
        return ""
