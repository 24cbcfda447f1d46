"""The house: short files and functions, one way of importing, no place for odds and ends."""

import ast
import re
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("builds", "specs", "dreamsite", "tests", "benchmarks")
NOT_OURS = ("migrations", "examples", "__pycache__")
FILE_LINES, FUNCTION_LINES = 300, 40
PICKED = "builds/adapters/__init__.py:"  # imports a client of the outside where settings pick it
ODDS_AND_ENDS = {"utils", "util", "helpers", "helper", "common", "misc"}
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef
# Written in two halves, so that this file does not hold what it looks for.
UNFINISHED = [
    re.compile(first + second)
    for first, second in (
        (r"NotImplemented", "Error"),
        (r"pragma: no ", "cover"),
        (r"mock\.", "patch"),
        (r"monkeypatch\.", r"setattr"),
        (r"pytest\.mark\.", r"skip"),
    )
]
FOREIGN = [
    re.compile(first + second)
    for first, second in (
        (r"/wo", r"rk/(main|shared)"),
        (r"/tmp/br", "ief"),
        (r"/opt/py", "pi"),
        (r"files\.python", "hosted"),
        (r"pypi\.", "org"),
        (r"registry\.npm", r"js"),
        (r"--(extra-)?index", r"-url"),
    )
]


@cache
def modules() -> dict[str, str]:
    """Every Python file of ours, by its path."""
    paths = [ROOT / "manage.py", *(path for folder in OURS for path in (ROOT / folder).rglob("*.py"))]
    found = {path.relative_to(ROOT): path for path in paths}
    return {
        str(name): path.read_text(encoding="utf-8")
        for name, path in found.items()
        if not set(name.parts) & set(NOT_OURS)
    }


@cache
def trees() -> dict[str, ast.Module]:
    """The same, parsed."""
    return {name: ast.parse(text) for name, text in modules().items()}


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function of ours, named by file and line."""
    for name, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, FUNCTION):
                yield f"{name}:{node.lineno} {node.name}", node


def tracked() -> dict[str, str]:
    """Every text file that is committed; where there is no git, everything that is ours."""
    asked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=False, capture_output=True, text=True)
    names = [name for name in asked.stdout.split("\0") if name] if asked.returncode == 0 else list(modules())
    found = {}
    for name in names:
        path = ROOT / name
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            found[name] = content.decode(errors="replace")
    return found


def lines_with(patterns: list[re.Pattern[str]], texts: dict[str, str]) -> list[str]:
    """Where any of the patterns occurs."""
    return [
        f"{name}:{number} {line.strip()}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if any(pattern.search(line) for pattern in patterns)
    ]


def none(found: Iterable[str]) -> None:
    """Fail with one line for each thing that was found."""
    if lines := sorted(found):
        pytest.fail("\n".join(lines), pytrace=False)


def test_a_file_has_at_most_300_lines() -> None:
    none(name for name, text in modules().items() if len(text.splitlines()) > FILE_LINES)


def test_a_function_has_at_most_40_lines() -> None:
    too_long = [name for name, node in functions() if (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES]
    none(too_long)


def test_a_module_says_in_its_first_line_what_it_is_for() -> None:
    first_lines = {name: (ast.get_docstring(tree) or "").partition("\n")[0] for name, tree in trees().items()}
    none(name for name, line in first_lines.items() if not line.endswith((".", "?", "`")))


def test_imports_stand_at_the_top_and_name_the_whole_path() -> None:
    inside = [
        name
        for name, function in functions()
        if any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(function))
        and not name.startswith(PICKED)
    ]
    relative = [
        f"{name}:{node.lineno}"
        for name, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    none(inside + relative)


def test_no_file_is_for_odds_and_ends() -> None:
    none(name for name in modules() if Path(name).stem in ODDS_AND_ENDS)


def test_nothing_happens_by_signal() -> None:
    signals = [
        f"{name}:{node.lineno}"
        for name, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module in {"django.dispatch", "django.db.models.signals", "django.core.signals"}
    ]
    none(signals)


def test_models_have_no_behaviour_hidden_in_save_or_delete() -> None:
    hidden = [
        name
        for name, node in functions()
        if node.name in {"save", "delete"} and "/models" in name.replace("specs/models", "/models")
    ]
    refusing = [name for name in hidden if name.startswith("specs/models.py")]  # a spec refuses to be changed
    none(set(hidden) - set(refusing))


def test_nothing_is_left_for_later_or_faked() -> None:
    none(lines_with(UNFINISHED, modules()))


def test_nothing_committed_names_this_machine_or_a_registry() -> None:
    none(lines_with(FOREIGN, tracked()))
