"""Reads the test cases of a file: their names, bodies, and how much they assert."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node, Parser

from builds.gates.files import is_test, language_of

ASSERTS = re.compile(
    r"(?:^|\.)(?:assert\w*|_?check\w*|fail\w*|raises\w*|warns|expect\w*|should\w*|verify\w*|ensure\w*|snapshot"
    r"|deepEqual|strictEqual|equal|notEqual|ok|throws|rejects)$"
)
EXACT = re.compile(
    r"(?:^|\.)(?:assert(?:\w*Equals?|Is|(?:Not)?In|Raises\w*|CountEqual|Regex)|raises|toBe|toEqual|toStrictEqual"
    r"|toMatchObject|toContain\w*|toThrow\w*|toHaveBeenCalledWith|deepEqual|strictEqual|equal|throws)$"
)
JS_TEST = re.compile(r"^(?:it|test|specify)(?:\.(?:each|only|concurrent|skip|todo))*$")
NOTHING = {"pass_statement", "comment", "return_statement", "empty_statement"}
# Languages that no grammar here reads: names alone.
NAMED = re.compile(
    r"^\s*(?:func (?P<go>Test\w+)|def (?P<ruby>test_\w+)"
    r"|(?:it|test|scenario|specify)\s*\(?\s*[\"'](?P<text>[^\"']+)"
    r"|(?:public\s+|private\s+)?(?:async\s+)?(?:void|Task|fun|fn)\s+(?P<other>\w*[Tt]est\w*)\s*\()",
    re.MULTILINE,
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One test. `name` is without its class, `body` its lines without space around; lines count from 1."""

    path: str
    owner: str
    name: str
    first: int
    body: tuple[str, ...]
    asserts: int = 0
    exact: int = 0
    empty: bool = False
    read: bool = True  # false: only its name is known


def cases(path: str, text: str) -> tuple[Case, ...]:
    """The tests of a file that belongs to the tests."""
    if not is_test(path) or not text:
        return ()
    language = language_of(path)
    if language is None:
        return tuple(_named(path, text))
    root = Parser(language).parse(text.encode()).root_node
    found = []
    waiting = [(root, "")]
    while waiting:
        node, owner = waiting.pop()
        if case := _case(path, node, owner):
            found.append(case)
        name = node.child_by_field_name("name") if node.type == "class_definition" else None
        inner = _text(name) if name else owner
        waiting += [(child, inner) for child in node.children]
    return tuple(sorted(found, key=lambda case: case.first))


def _named(path: str, text: str) -> Iterator[Case]:
    for match in NAMED.finditer(text):
        name = next(group for group in match.groups() if group)
        first = text.count("\n", 0, match.start(match.lastgroup or 0)) + 1
        yield Case(path=path, owner="", name=name, first=first, body=(), read=False)


def _case(path: str, node: Node, owner: str) -> Case | None:
    if node.type == "function_definition":
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is None or body is None or not _text(name).startswith("test"):
            return None
        return _read(path, node, body, owner=owner, name=_text(name))
    if node.type != "call_expression" or not JS_TEST.match(_called(node)):
        return None
    arguments = node.child_by_field_name("arguments")
    named = arguments.named_children if arguments else []
    body = next(
        (each.child_by_field_name("body") for each in named[1:] if each.type.endswith("function")), None
    )
    if not named or body is None:
        return None
    return _read(path, node, body, owner=owner, name=_text(named[0]).strip("\"'`"))


def _read(path: str, node: Node, body: Node, *, owner: str, name: str) -> Case:
    statements = [child for child in body.named_children if not _is_nothing(child)]
    calls = [_called(call) for call in _walk(body) if call.type in {"call", "call_expression"}]
    plain = [statement for statement in _walk(body) if statement.type == "assert_statement"]
    lines = tuple(line for each in _text(body).split("\n") if (line := each.strip()) and line not in "{}")
    return Case(
        path=path,
        owner=owner,
        name=name,
        first=node.start_point.row + 1,
        body=lines,
        asserts=len(plain) + sum(ASSERTS.search(call) is not None for call in calls),
        exact=sum(b"==" in (each.text or b"") for each in plain)
        + sum(EXACT.search(call) is not None for call in calls),
        empty=not statements,
    )


def _is_nothing(statement: Node) -> bool:
    """`pass`, `...`, a bare return, a docstring, a comment."""
    if statement.type in NOTHING:
        return not statement.named_children or statement.type == "comment"
    inner = statement.named_children[0].type if len(statement.named_children) == 1 else ""
    return statement.type == "expression_statement" and inner in {"ellipsis", "string"}


def _walk(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += each.children


def _called(call: Node) -> str:
    function = call.child_by_field_name("function")
    return re.sub(r"\s+", "", _text(function)[-200:]) if function else ""


def _text(node: Node) -> str:
    return (node.text or b"").decode(errors="replace")
