"""What a person can set, call, read or run into is written down, and what is written down is there."""

import ast
import re
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from django.conf import settings
from django.core.management import load_command_class

from builds.api.problems import CODES
from builds.coding.closing import FAILURES
from builds.endings import TERMINAL
from builds.engine import SAID
from builds.policy import Policy
from builds.pull_news import Kind
from dreamsite.logs import LIBRARY

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
VARIABLE = re.compile(r"(?!DJANGO_)[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
EVENT = re.compile(r"[a-z]+(_[a-z]+)*(\.[a-z_]+)+")
READERS = tuple(f"dreamsite/{name}.py" for name in ("settings", "stores", "upkeep", "bootstrap", "start"))
LOG_METHODS = {"info", "warning", "error", "exception", "debug", "log"}
STATIONS_AS_EVENTS = {"station.succeeded", "station.skipped"}  # made from the status of the station's row


def section(page: str, heading: str = "") -> str:
    """The text of a page below a heading, up to the next one of its level."""
    text = (ROOT / page).read_text(encoding="utf-8")
    if not heading:
        return text
    found = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"{page} has no heading {heading!r}"
    return found[1]


def rows(text: str) -> dict[str, list[str]]:
    """The tables of a text: the word in backquotes of each first cell, and the other cells."""
    found = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))]
        for name in re.findall(r"`([^`]+)`", cells[0]) if line.startswith("| `") else []:
            found[name] = cells[1:]
    return found


def calls(*folders: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call in our code: the name that is called, and the call."""
    for folder in folders:
        start = ROOT / folder
        for path in [start] if start.is_file() else sorted(start.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield getattr(node.func, "id", getattr(node.func, "attr", "")), node


def texts(node: ast.AST | None) -> set[str]:
    """The string literals of an expression."""
    inside = ast.walk(node) if node is not None else ()
    return {
        found.value for found in inside if isinstance(found, ast.Constant) and isinstance(found.value, str)
    }


def variables() -> dict[str, set[str]]:
    """Each variable that is read, and the literal defaults it is read with."""
    found: dict[str, set[str]] = {}
    for name, call in calls(*READERS):
        first = next((arg for arg in call.args if isinstance(arg, ast.Constant)), None)
        if first is None or not isinstance(first.value, str) or not VARIABLE.fullmatch(first.value):
            continue
        defaults = found.setdefault(first.value, set())
        default = call.args[-1]
        if name in {"text", "number", "choice", "words"} and isinstance(default, ast.Constant):
            defaults |= {str(default.value)} - {first.value, ""}
    return found


def test_every_variable_is_in_the_table_of_settings_and_the_other_way_round() -> None:
    assert set(rows(section("README.md", "Settings"))) == set(variables())


def test_the_table_of_settings_names_each_default() -> None:
    table = rows(section("README.md", "Settings"))
    wrong = [
        (name, default)
        for name, defaults in variables().items()
        for default in defaults
        if default not in table[name][0]
    ]
    assert wrong == []


def commands() -> list[str]:
    """Our commands of manage.py."""
    folder = ROOT / "builds" / "management" / "commands"
    return sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


def subcommands(parser: ArgumentParser) -> set[str]:
    """The words that may follow a command."""
    choices = [action.choices for action in parser._actions if isinstance(action, _SubParsersAction)]
    return {word for each in choices for word in each}


@pytest.mark.parametrize("command", commands())
def test_every_command_is_in_the_table_of_commands(command: str) -> None:
    documented = rows(section("README.md", "Commands"))
    parser = load_command_class("builds", command).create_parser("manage.py", command)
    wanted = {f"{command} {word}" for word in subcommands(parser)} or {command}
    known = {name.removeprefix("manage.py ") for name in documented}
    assert (
        sorted(word for word in wanted if not any(f"{name} ".startswith(f"{word} ") for name in known)) == []
    )


def test_every_reason_for_the_end_of_a_build_is_explained_and_mended() -> None:
    made = set(FAILURES)
    for name, call in calls("builds"):
        if name in {"Fail", "Refused"} and call.args:
            made |= texts(call.args[0])
        if name in {"end", "give_up", "Retry", "Wait"}:
            made |= {
                text for keyword in call.keywords if keyword.arg == "code" for text in texts(keyword.value)
            }
    made.add("unavailable")  # what a Retry without a code says
    table = rows(section("docs/reasons.md", "Why a build failed or stopped"))
    assert sorted(made ^ set(table)) == []
    assert [code for code, (means, mend) in table.items() if not means or not mend] == []


def test_every_refusal_of_the_api_is_explained_and_mended() -> None:
    table = rows(section("docs/reasons.md", "Why a request was refused"))
    assert sorted(set(CODES) ^ set(table)) == []
    assert [code for code, (means, mend) in table.items() if not means or not mend] == []


def test_every_event_is_in_the_table_of_events() -> None:
    made = set(STATIONS_AS_EVENTS)
    for name, call in calls("builds"):
        if name in {"record", "record_first"} and len(call.args) > 1:
            made |= {text for text in texts(call.args[1]) if EVENT.fullmatch(text)}
    made |= {name for name, *_ in TERMINAL.values()}
    made |= {f"pull_request.{kind}" for kind in get_args(Kind)}
    checkpoints = (ROOT / "builds" / "checkpoints.py").read_text(encoding="utf-8")
    made |= {text for text in ("item.done", "item.failed") if f'"{text}"' in checkpoints}
    assert sorted(made ^ set(rows(section("docs/events.md", "Events")))) == []


def test_every_log_line_is_in_the_table_of_log_lines() -> None:
    made = {LIBRARY, *SAID.values(), *(name for name, *_ in TERMINAL.values())}
    for name, call in calls("builds", "dreamsite", "specs"):
        if name in LOG_METHODS and getattr(getattr(call.func, "value", None), "id", "") == "log":
            made |= texts(call.args[1 if name == "log" else 0])
    assert sorted(made ^ set(rows(section("docs/events.md", "Log lines")))) == []


def test_every_key_of_a_policy_is_explained() -> None:
    assert set(rows(section("docs/policy.md"))) == set(Policy.model_fields)


def test_every_rule_of_every_gate_is_in_its_table() -> None:
    found = {}
    for path in sorted((ROOT / "builds").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Rule", "known"}:
                name = node.args[0] if node.args else None
                if isinstance(name, ast.Constant) and isinstance(name.value, str):
                    found[name.value] = path
    assert sorted(set(found) ^ set(rows(section("docs/gates.md")))) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_local_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", page.read_text(encoding="utf-8"))
    local = [a or b for a, b in links if not (a or b).startswith(("http:", "https:", "#", "mailto:"))]
    assert [link for link in local if not (page.parent / link.partition("#")[0]).exists()] == []


def test_the_newest_entry_of_the_changelog_is_the_version() -> None:
    versions = re.findall(r"^## \[?(\d+\.\d+\.\d+)", section("CHANGELOG.md"), re.MULTILINE)
    assert versions[0] == settings.VERSION


def test_the_package_has_the_same_version() -> None:
    assert f'version = "{settings.VERSION}"' in section("pyproject.toml")
