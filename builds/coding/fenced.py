"""Tool calls written as text, for models that have none: blocks of ```tool with plain and heredoc values."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from builds.coding.untrusted import storable

OPENING = re.compile(r"^\s*(`{3,}|~{3,})\s*tool\b[ \t:]*([\w-]*)\s*$")
HEREDOC = re.compile(r"^([A-Za-z_]\w*)\s*[:=]?\s*<<-?\s*['\"]?(\w+)['\"]?\s*$")
PLAIN = re.compile(r"^([A-Za-z_]\w*)\s*[:=]\s?(.*)$")
NAME = re.compile(r"^(?:tool\s*[:=]\s*)?([\w-]+)\s*$")


@dataclass
class Block:
    """One call as written; `problem` says why it cannot be understood."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


def parse_blocks(text: str) -> tuple[Block, ...]:
    """Every ```tool block of an answer, in order. Prose and other code fences around them are ignored."""
    lines = text.replace("\r\n", "\n").split("\n")
    blocks: list[Block] = []
    place = 0
    while place < len(lines):
        opening = OPENING.match(lines[place])
        place += 1
        if opening:
            block, place = _block(lines, place, fence=opening[1], name=opening[2])
            blocks.append(block)
    return tuple(blocks)


def _block(lines: list[str], place: int, *, fence: str, name: str) -> tuple[Block, int]:
    block = Block(name)
    while place < len(lines):
        line = lines[place]
        place += 1
        if _closes(line, fence):
            return block, place
        if heredoc := HEREDOC.match(line):
            place = _heredoc(block, lines, place, key=heredoc[1], end=heredoc[2])
        elif not block.arguments and line.lstrip().startswith("{"):
            place = _json(block, lines, place - 1, fence)
        elif not block.name and (named := NAME.match(line.strip())):
            block.name = named[1]
        elif plain := PLAIN.match(line):
            block.arguments[plain[1]] = plain[2].strip()
        elif line.strip():
            block.problem = (
                block.problem or f"The line {line.strip()[:80]!r} is neither `name: value` nor `name <<END`."
            )
    block.problem = (
        block.problem or "The block was not closed: end it with a line of the fence that opened it."
    )
    return block, place


def _closes(line: str, fence: str) -> bool:
    plain = line.strip()
    return plain.startswith(fence) and set(plain) == {fence[0]}


def _heredoc(block: Block, lines: list[str], place: int, *, key: str, end: str) -> int:
    """Take lines up to the end word. Each keeps its line end, so an empty text removes whole lines."""
    for index in range(place, len(lines)):
        if lines[index].strip() == end:
            block.arguments[key] = "".join(f"{line}\n" for line in lines[place:index])
            return index + 1
    block.problem = f"The text of {key} was not ended: no line {end} came."
    return len(lines)


def _json(block: Block, lines: list[str], place: int, fence: str) -> int:
    """Some models write JSON whatever they are told; it is as clear."""
    end = next((index for index in range(place, len(lines)) if _closes(lines[index], fence)), len(lines))
    value = load_object("\n".join(lines[place:end]))
    if value is None:
        block.problem = "The arguments are not a JSON object."
        return end
    inner = value.get("arguments")
    block.name = block.name or str(value.get("tool") or value.get("name") or "")
    block.arguments = inner if isinstance(inner, dict) else {k: v for k, v in value.items() if k != "tool"}
    return end


def load_object(text: str) -> dict[str, Any] | None:
    """A JSON object, also one within prose or with raw line ends in its strings; None when there is none."""
    for candidate in (text, text[text.find("{") : text.rfind("}") + 1]):
        try:
            value = json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return {storable(str(key)): _storable(inner) for key, inner in value.items()}
    return None


def _storable(value: Any) -> Any:
    """Escapes in JSON can spell what no file takes."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_storable(inner) for inner in value]
    return (
        {storable(key): _storable(inner) for key, inner in value.items()}
        if isinstance(value, dict)
        else value
    )
