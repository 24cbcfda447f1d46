"""Strings in code as the text they make, with a name of our own where something is put in."""

import re
from collections.abc import Iterator

from tree_sitter import Node

PIECES = {"string_content", "string_fragment"}
INSERTS = {"interpolation", "template_substitution"}
JOINS = {"binary_operator", "binary_expression"}
ESCAPES = {"n": "\n", "t": "\t", "r": " ", "\n": ""}
ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]+\}|.)", re.DOTALL)
PLACEHOLDER = re.compile(r"%%?\(\w+\)s|%%?s|\{\w*\}|\$\{\w+\}")


def literal(node: Node) -> str | None:
    """The text that a string, or strings joined to one, make; None for anything else."""
    match node.type:
        case "string" | "template_string":
            return _string(node)
        case "concatenated_string":
            return "".join(_string(part) for part in node.named_children if part.type == "string")
        case "parenthesized_expression" if len(node.named_children) == 1:
            return literal(node.named_children[0])
        case kind if kind in JOINS:
            return _joined(node)
        case "call":
            return _formatted(node)
        case _:
            return None


def unfold(node: Node) -> Iterator[Node]:
    """The parts of a list; of a pair of SQL and its parameters the SQL. `text("...")` is its string."""
    if node.type in {"list", "array"}:
        for item in node.named_children:
            yield from unfold(item)
    elif node.type == "tuple" and node.named_children:
        yield from unfold(node.named_children[0])
    elif node.type == "call" and (inner := _wrapped(node)) is not None:
        yield inner
    elif node.type != "comment":
        yield node


class Constants:
    """The names that a module gives to strings."""

    def __init__(self, root: Node) -> None:
        self.texts: dict[bytes, str | None] = {}
        for statement in root.named_children:
            for node in statement.named_children:
                left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
                if node.type == "assignment" and left and right and left.text:
                    known = left.text in self.texts  # a name that is given twice could be either
                    self.texts[left.text] = None if known else literal(right)

    def text(self, node: Node) -> str | None:
        """The text of a string or of a name that stands for one."""
        return self.texts.get(node.text or b"") if node.type == "identifier" else literal(node)


def _string(node: Node) -> str:
    opening = (node.children[0].text or b"").decode() if node.children else ""
    is_raw = node.children[:1] != [] and "r" in opening.lower()
    text = "".join(_piece(child, is_raw=is_raw) for child in node.children)
    return PLACEHOLDER.sub(lambda found: _hole(node.start_byte + found.start()), text)


def _hole(place: int) -> str:
    """A name and a column in SQL, a word in a command. No two are the same, as `%s = %s` is not `id = id`."""
    return f"a_value_{place}"


def _piece(node: Node, *, is_raw: bool) -> str:
    if node.type in INSERTS:
        return _hole(node.start_byte)
    text = (node.text or b"").decode(errors="replace")
    if node.type == "escape_sequence" or (node.type in PIECES and not is_raw):
        return ESCAPE.sub(_unescaped, text)
    return text if node.type in PIECES else ""


def _unescaped(escape: re.Match[str]) -> str:
    code = escape[1]
    if len(code) > 1:
        return chr(min(int(code.strip("xu{}"), 16), 0x10FFFF))
    return ESCAPES.get(code, code)


def _joined(node: Node) -> str | None:
    """`+` joins; `%` fills in, which placeholders have already told."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = node.child_by_field_name("operator")
    if left is None or right is None or operator is None:
        return None
    if operator.type == "%":
        return literal(left)
    first, second = literal(left), literal(right)
    if operator.type != "+" or (first is None and second is None):
        return None
    return (first or _hole(left.start_byte)) + (second or _hole(right.start_byte))


def _formatted(node: Node) -> str | None:
    """`"...".format(...)` and what only tidies: `"...".strip()`, `dedent("...")`."""
    function = node.child_by_field_name("function")
    receiver = function.child_by_field_name("object") if function else None
    if receiver is not None and (found := literal(receiver)) is not None:
        return found
    name = (function.text or b"").decode() if function else ""
    return literal(node.named_children[1].named_children[0]) if _tidies(name, node) else None


def _tidies(name: str, call: Node) -> bool:
    arguments = call.child_by_field_name("arguments")
    return name.rpartition(".")[2] in {"dedent", "cleandoc"} and bool(arguments and arguments.named_children)


def _wrapped(call: Node) -> Node | None:
    """The string inside `text("...")` or `sa.text("...")`, `SQL("...")`."""
    function, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    name = (function.text or b"").decode() if function else ""
    if name.rpartition(".")[2] not in {"text", "SQL", "DDL"} or arguments is None:
        return None
    return arguments.named_children[0] if arguments.named_children else None
