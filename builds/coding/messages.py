"""What a model is told when an item begins: rules, job, item, the change so far, and its files."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from builds.coding import limits
from builds.coding.desk import Memory, Tool
from builds.coding.outlines import outline_text
from builds.coding.prompts import Prompt, load_prompt
from builds.coding.scope import Scope
from builds.coding.secret_files import looks_secret
from builds.coding.text_files import NotText, load_text
from builds.coding.tools import TOOLS
from builds.coding.tools.read import number_lines
from builds.coding.transport import Transport
from builds.coding.untrusted import block, clean, trim
from builds.coding.workspace import TreeFile, Workspace
from builds.context import SpecFacts
from builds.evidence import Check, Criterion, Intake, Item, PlannedItem
from builds.ports import Message

OVERHEAD = 200  # bytes around a file that is shown


@dataclass(frozen=True, kw_only=True)
class Task:
    """One item with what it builds on."""

    spec: SpecFacts
    intake: Intake | None
    item: PlannedItem
    done_so_far: Sequence[Item]
    proposed: Sequence[Criterion] = ()  # criteria that the plan added

    @property
    def checks(self) -> tuple[Check, ...]:
        """The repository's named checks."""
        return self.intake.checks if self.intake else ()


def system_prompt(transport: Transport) -> Prompt:
    """The rules, the same for every item of every job, so that providers can cache them."""
    return (
        load_prompt("implement")
        if transport.name == "native"
        else load_prompt("implement", "implement_fenced")
    )


def rules(transport: Transport) -> Message:
    """The system message; where tools are called in text, it explains them."""
    text = system_prompt(transport).text
    if transport.name == "fenced":
        text += "\n".join(_tool_text(tool) for tool in TOOLS)
    return Message(role="system", content=text)


def opening(task: Task, workspace: Workspace, *, transport: Transport, memory: Memory) -> tuple[Message, ...]:
    """System and first message. Notes in `memory` what it shows.

    What is the same for all items comes first, then what only grows from item to item: the beginning that two
    items have in common is as long as it can be, so that prompt caches hit.
    """
    there = workspace.files()
    start = [
        _job(task.spec),
        _instructions(task.intake, workspace),
        _listing(workspace.files(workspace.base_tree)),
        _done(task.done_so_far),
        _item(task),
    ]
    text = "\n\n".join(part for part in start if part)
    room = limits.OPENING_TOKENS * 4 - len(text.encode("utf-8", "replace"))
    paths = _named(task.item, there)
    files = list(_files(paths, workspace, memory=memory, room=room))
    return (rules(transport), Message(role="user", content="\n\n".join([text, *files])))


def _tool_text(tool: Tool[Any]) -> str:
    values = tool.schema["properties"].items()
    lines = [f"- {name}: {facts.get('description', '')}" for name, facts in values]
    return "\n".join([f"\n{tool.name}: {tool.description}", *lines])


def _job(spec: SpecFacts) -> str:
    markdown = trim(clean(spec.markdown), limits.SPEC_CHARACTERS)
    goal = f"\n\n{block('goal of this build', clean(spec.goal))}" if spec.goal else ""
    return f"# The job\n\nBuild the approved spec.\n\n{block('spec', markdown)}{goal}"


def _instructions(intake: Intake | None, workspace: Workspace) -> str:
    """The repository's own instructions, as at the base commit: no change of this job can edit them."""
    told = []
    for path in intake.instructions if intake else ():
        data = None if looks_secret(path) else workspace.read_blob(workspace.base_tree, path)
        if data:
            text = trim(clean(data.decode("utf-8", "replace")), limits.INSTRUCTIONS_CHARACTERS)
            told.append(block("instructions", f"{path}\n\n{text}"))
    return "\n\n".join(["# How this repository likes to be changed", *told]) if told else ""


def _item(task: Task) -> str:
    item = task.item
    pinned = task.intake.criteria if task.intake else ()
    texts = {criterion.number: criterion.text for criterion in (*task.proposed, *pinned)}
    criteria = [f"{number}. {clean(texts[number])}" for number in item.criteria if number in texts]
    checks = ", ".join(check.name for check in task.checks) or "none"
    parts = [
        clean(item.title),
        trim(clean(item.why), limits.WHY_CHARACTERS),
        "\n".join(["Criteria it serves:", *criteria]) if criteria else "",
        f"Paths it may change: {clean(str(Scope(item.paths)))}",
    ]
    told = block("item", "\n\n".join(part for part in parts if part))
    return f"# Your item: {item.key}\n\n{told}\n\nIts check: {item.check or 'none'}\nAll checks: {checks}"


def _done(items: Sequence[Item]) -> str:
    """Each earlier item with its change, in order; what was once shown stays as it was."""
    shown, room = [], limits.DIFF_CHARACTERS
    for item in items:
        patch = item.patch.decode("utf-8", "replace")
        paths = re.findall(r"^diff --git .* b/(.*)$", patch, re.MULTILINE)
        diff = trim(
            re.sub(r"^index .*\n", "", patch, flags=re.MULTILINE), min(room, limits.ITEM_DIFF_CHARACTERS)
        )
        room -= len(diff)
        said = clean(item.summary or item.planned.title)
        told = (
            f"{said}\nFiles: {', '.join(paths)}\n\n{diff}"
            if room > 0
            else f"{said}\nFiles: {', '.join(paths)}"
        )
        shown.append(block(f"item {item.planned.key}", told))
    return "\n\n".join(["# What earlier items of this job changed", *shown]) if shown else ""


def _listing(there: Sequence[TreeFile]) -> str:
    paths = [f"{file.path}  {file.size} bytes" for file in there]
    shown = paths[: limits.LIST_ENTRIES]
    if len(paths) > len(shown):
        shown.append(f"[{len(paths) - len(shown)} more files: use list_files]")
    return "# The repository's files before this job\n\n" + block("file names", "\n".join(shown))


def _files(paths: Sequence[str], workspace: Workspace, *, memory: Memory, room: int) -> Iterator[str]:
    """The named files whole while there is room, the longer ones as outlines."""
    if paths:
        yield "# Files to begin with"
    for path in paths:
        shown = _file(path, workspace, memory=memory, room=room - OVERHEAD)
        room -= len(shown.encode("utf-8", "replace"))
        if room < 0:
            return
        yield shown


def _named(item: PlannedItem, there: Sequence[TreeFile]) -> list[str]:
    """The files to read first, then those that the item may change."""
    plain = [file.path for file in there if file.mode.startswith("100")]
    scope = Scope(item.paths)
    named = dict.fromkeys([*(path for path in item.read if path in plain), *filter(scope.allows, plain)])
    return [path for path in named if not looks_secret(path)][: limits.NAMED_FILES]


def _file(path: str, workspace: Workspace, *, memory: Memory, room: int) -> str:
    """Names stand inside the block too: whoever made the repository chose them."""
    try:
        file = load_text(workspace.resolve(path))
    except NotText as error:
        return block("file", f"{path}: not shown, {error}.")
    lines = file.lines
    body = "\n".join(f"{number:>5}| {line}" for number, line in enumerate(lines, start=1))
    if len(lines) > limits.WHOLE_FILE_LINES or len(body.encode("utf-8", "replace")) > room:
        return block("outline", outline_text(path, file.text))
    memory.whole.add(path)
    if lines:
        told, last = number_lines(lines, 1, min(len(lines), limits.READ_LINES))
        memory.shown[path, 1, last] = (told, 0)
    return block("file", f"{path}, {len(lines)} lines\n{body}")
