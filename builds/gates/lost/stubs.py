"""Finds new code that only pretends: stub functions, files of comments, things still to be done."""

import re
from collections.abc import Iterator

from tree_sitter import Node, Parser

from builds.diffs import FileDiff
from builds.evidence import Finding
from builds.gates.files import is_code, is_test, language_of
from builds.gates.lost.rules import lost

FUNCTIONS = {"function_definition", "function_declaration", "method_definition", "arrow_function"}
OPEN_BY_DESIGN = re.compile(r"\b(?:abstractmethod|abstractproperty|overload|abstract|singledispatch\w*)\b")
OPEN_CLASS = re.compile(
    r"\b(?:Protocol|ABC|ABCMeta|Interface|TypedDict|NamedTuple|Enum)\b|\bclass\s+(?:Abstract|Base)"
)
NOT_DONE = re.compile(
    r"not\s+(?:yet\s+)?(?:been\s+)?implemented|NotImplemented|\bTODO\b|\bFIXME\b", re.IGNORECASE
)
MEANT = re.compile(r"__\w+__$|_?(?:noop|no_op|nothing|do_nothing|ignore)$")
NOTHING = {"pass_statement", "comment"}
STILL_TO_DO = re.compile(r"(?:#|//|--|/\*|^\s*\*|<!--)\s*(?:TODO|FIXME|XXX|HACK)\b")
ONLY_COMMENT = re.compile(
    r"^\s*(?:#(?!!)|//|--|/\*|\*|\"\"\"|'''|export\s*\{\s*\};?|pass|\.\.\.|[\"']use strict[\"'];?)"
)
MAY_BE_EMPTY = re.compile(r"(?:^|/)(?:__init__\.pyi?|py\.typed|[^/]*\.d\.[cm]?ts)$")


def in_file(file: FileDiff) -> Iterator[Finding]:
    """Stubs among the functions that this build wrote, and comments that put work off."""
    if file.kind == "removed" or file.binary or not is_code(file.path):
        return
    if file.kind == "added" and is_only_comment(file):
        yield lost("stub", file.path, more="(the whole file)")
        return
    for line in file.added:
        if STILL_TO_DO.search(line.text):
            yield lost("unfinished", file.path, line=line.number, text=line.text)
    if not is_test(file.path):
        yield from stub_functions(file)


def is_only_comment(file: FileDiff) -> bool:
    """Whether no line of a file does anything; a package's own file may be empty, and a test's data too."""
    if MAY_BE_EMPTY.search(file.path) or is_test(file.path):
        return False
    return all(ONLY_COMMENT.match(line.text) for line in file.new_lines if line.text.strip())


def stub_functions(file: FileDiff) -> Iterator[Finding]:
    """New functions whose body does nothing, or only says that it is not implemented."""
    language = language_of(file.path)
    if language is None or file.path.endswith((".pyi", ".d.ts")):
        return
    added = {line.number: line.text for line in file.added}
    waiting = [Parser(language).parse(file.new_text.encode()).root_node]
    while waiting:
        node = waiting.pop()
        first = node.start_point.row + 1
        body = node.child_by_field_name("body")
        if (
            node.type in FUNCTIONS
            and body is not None
            and _written(node, body, added)
            and _is_stub(node, body)
        ):
            yield lost("stub", file.path, line=first, text=added.get(first, ""))
        waiting += node.children


def _written(node: Node, body: Node, added: dict[int, str]) -> bool:
    """Whether this build wrote something of its body or its head."""
    return any(row + 1 in added for row in range(node.start_point.row, body.end_point.row + 1))


def _is_stub(function: Node, body: Node) -> bool:
    if body.type not in {"block", "statement_block"} or _is_open(function):
        return False
    statements = [child for child in body.named_children if child.type not in NOTHING and not _is_text(child)]
    if body.type == "block":  # Python
        return all(_says_not_done(statement) for statement in statements) and not _is_special(function)
    told = NOT_DONE.search(_text(body)) is not None
    return told and all(statement.type == "throw_statement" for statement in statements)


def _says_not_done(statement: Node) -> bool:
    return statement.type == "raise_statement" and "NotImplemented" in _text(statement)


def _is_text(statement: Node) -> bool:
    inner = statement.named_children[0].type if len(statement.named_children) == 1 else ""
    return statement.type == "expression_statement" and inner in {"string", "ellipsis"}


def _is_special(function: Node) -> bool:
    """`__exit__` and its kin have to be there, and what is called nothing does nothing."""
    name = function.child_by_field_name("name")
    return name is not None and MEANT.match(_text(name)) is not None


def _is_open(function: Node) -> bool:
    """Abstract by its decorator, or a member of a protocol or an abstract class."""
    above = function.parent
    decorated = above is not None and above.type == "decorated_definition"
    if decorated and OPEN_BY_DESIGN.search(_text(above).partition("def ")[0]):
        return True
    while above is not None:
        if above.type in {"class_definition", "class_declaration", "abstract_class_declaration"}:
            head = _text(above).partition("{" if above.type != "class_definition" else ":\n")[0]
            return OPEN_CLASS.search(head) is not None or above.type == "abstract_class_declaration"
        above = above.parent
    return False


def _text(node: Node | None) -> str:
    return ((node.text if node else None) or b"").decode(errors="replace")
