"""Parse errors of a file, so that an edit that adds one is rejected at once."""

import json
import tomllib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from tree_sitter import Language, Node, Parser

from builds.coding.grammars import GRAMMARS
from builds.coding.text_files import split_lines

MAX_PROBLEMS = 20


@dataclass(frozen=True)
class Problem:
    """One parse error; `line` counts from 1."""

    line: int
    message: str


def added_problem(path: str, *, before: str | None, after: str) -> Problem | None:
    """The first parse error of `after`, when it has more than `before`: a broken file may stay so."""
    problems = parse_problems(path, after)
    known = parse_problems(path, before) if before is not None else ()
    return problems[0] if len(problems) > len(known) else None


def parse_problems(path: str, text: str) -> tuple[Problem, ...]:
    """The parse errors of a file whose kind is known by its suffix; none for other kinds."""
    suffix = PurePosixPath(path).suffix.lower()
    text = text.removeprefix("\ufeff")
    if parse := PARSERS.get(suffix):
        return parse(text)
    if suffix != ".py" and (language := GRAMMARS.get(suffix)):
        return _grammar_problems(language, text)
    return ()


def _python_problems(text: str) -> tuple[Problem, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "<file>", "exec", dont_inherit=True)
        except SyntaxError as error:
            return (Problem(error.lineno or 1, error.msg),)
        except (ValueError, RecursionError, MemoryError) as error:
            return (Problem(1, str(error) or type(error).__name__),)
    return ()


def _json_problems(text: str) -> tuple[Problem, ...]:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return (Problem(error.lineno, error.msg),)
    except RecursionError:
        return (Problem(1, "it is nested too deeply"),)
    return ()


def _toml_problems(text: str) -> tuple[Problem, ...]:
    try:
        tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return (Problem(1, str(error)),)
    return ()


PARSERS: dict[str, Callable[[str], tuple[Problem, ...]]] = {
    ".py": _python_problems,
    ".json": _json_problems,
    ".toml": _toml_problems,
}


def _grammar_problems(language: Language, text: str) -> tuple[Problem, ...]:
    root = Parser(language).parse(text.encode()).root_node
    lines = split_lines(text)
    found: list[Problem] = []
    waiting: list[Node] = [root] if root.has_error else []
    while waiting and len(found) < MAX_PROBLEMS:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            found.append(Problem(node.start_point.row + 1, _grammar_message(node, lines)))
        else:
            waiting.extend(child for child in reversed(node.children) if child.has_error or child.is_missing)
    return tuple(found)


def _grammar_message(node: Node, lines: list[str]) -> str:
    if node.is_missing:
        return f"{node.type!r} is missing"
    row = node.start_point.row
    near = lines[row].strip()[:80] if row < len(lines) else ""
    return f"cannot be parsed near {near!r}" if near else "cannot be parsed"
