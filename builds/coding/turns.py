"""Playing one turn: its calls in order, live or again from the transcript."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from builds.coding import limits
from builds.coding.checker import Checker
from builds.coding.closing import Closing, Ending
from builds.coding.desk import Desk, Memory, Tool, ToolError
from builds.coding.guards import Guards, nudge
from builds.coding.messages import Task
from builds.coding.paths import PathRefused
from builds.coding.scope import Scope
from builds.coding.tools import BY_NAME, TOOLS
from builds.coding.tools.finish import FinishArguments
from builds.coding.transport import Asked
from builds.coding.untrusted import storable
from builds.coding.workspace import Workspace
from builds.context import Context
from builds.evidence import CheckRun, ToolResult, Turn
from builds.secrets import mask

NOT_REACHED = "Not done: the item ended before this call."
FAILED_BEFORE = (
    "Not finished: a call before this one in the same answer was not done. Look at its answer first."
)


@dataclass(frozen=True, kw_only=True)
class Played:
    """What a turn led to. `news`: what looks and checks showed; `understood`: some call made sense."""

    results: tuple[ToolResult, ...]
    news: tuple[str, ...] = ()
    understood: bool = True
    ending: Ending | None = None
    summary: str = ""

    @classmethod
    def saying(cls, text: str, recorded: Turn | None, *, understood: bool) -> "Played":
        """A turn without calls, answered with one sentence, or with what was recorded."""
        live = (ToolResult(call_id="", tool="", text=text, ok=False),)
        return cls(results=recorded.results if recorded else live, understood=understood)


class Malformed(ToolError):
    """The call itself makes no sense: no such tool, or arguments that do not fit."""


@dataclass(kw_only=True)
class Player:
    """Plays the calls of one item."""

    desk: Desk
    closing: Closing
    replaying: bool = False
    note: str = ""
    trees: dict[int, str] = field(default_factory=dict)  # by revision

    def tree(self) -> str:
        """The tree of the files now; asked of git only after a change."""
        revision = self.desk.memory.revision
        if revision not in self.trees:
            self.trees = {revision: self.desk.workspace.tree()}
        return self.trees[revision]

    def begin(self, number: int, *, note: str) -> None:
        """A new turn; the note is added to the last answer of it."""
        self.desk.memory.turn = number
        self.note = note

    def play(self, asked: Sequence[Asked], *, known: Sequence[ToolResult], guards: Guards) -> Played:
        """Do the calls in order until one ends the item. What is `known` of an earlier run is said again."""
        self.replaying = bool(known)
        played = Played(results=(), understood=False)
        for index, call in enumerate(asked):
            played = self._step(played, call, guards=guards, known=known[index] if known else None)
        return played if known else _noted(played, self.note)

    def _step(self, played: Played, call: Asked, *, guards: Guards, known: ToolResult | None) -> Played:
        if played.ending:
            return _with(played, ToolResult(call_id=call.id, tool=call.name, text=NOT_REACHED, ok=False))
        times = guards.count(call, self.desk.memory.revision)
        failed_before = any(not result.ok for result in played.results)
        result, understood = self._result(call, known=known, failed_before=failed_before)
        if not known:
            result = replace(result, text=result.text + nudge(times))
        played = replace(_with(played, result), understood=played.understood or understood)
        if result.ok and understood and BY_NAME[call.name].kind in {"look", "check"}:
            played = replace(played, news=(*played.news, result.text))
        if times >= limits.STOP_AT:
            return replace(played, ending=Ending("loop_identical_call"))
        return self._ended(played, call, result) if understood and call.name == "finish" else played

    def _ended(self, played: Played, call: Asked, result: ToolResult) -> Played:
        arguments = FinishArguments.model_validate(call.arguments)
        ending = self.closing.ending(arguments.status, result)
        return replace(played, ending=ending, summary=arguments.summary if ending else "")

    def _result(
        self, call: Asked, *, known: ToolResult | None, failed_before: bool
    ) -> tuple[ToolResult, bool]:
        """What the call answers, and whether it made sense."""
        try:
            tool, arguments = _prepared(call)
        except Malformed as error:
            return known or _result(call, str(error), ok=False), False
        if known and tool.kind in {"check", "finish"}:
            return known, True
        if tool.kind == "finish" and failed_before:
            return _result(call, FAILED_BEFORE, ok=False), True
        try:
            live = _result(call, tool.run(self.desk, arguments))
        except (ToolError, PathRefused) as error:
            live = _result(call, str(error), ok=False)
        return known or live, True


def player_for(context: Context, workspace: Workspace, task: Task, *, baseline: Sequence[CheckRun]) -> Player:
    """A player for one item, from what the station was given."""
    item, progress = task.item, context.progress
    memory = Memory()
    checker = Checker(
        sandbox=context.sandbox,
        workspace=workspace,
        progress=progress,
        item=item.key,
        checks=task.checks,
        baseline=baseline,
        memory=memory,
    )
    closing = Closing(checker, item.check, workspace.tree())

    def announce(path: str) -> None:
        if not player.replaying:
            progress.note(f"Writing {path}", step=path)

    desk = Desk(
        workspace=workspace,
        scope=Scope(item.paths),
        run_check=checker.tell,
        close=closing.judge,
        announce=announce,
        memory=memory,
    )
    player = Player(desk=desk, closing=closing)
    return player


def _prepared(call: Asked) -> tuple[Tool[Any], Any]:
    """The tool and its checked arguments. Raises Malformed, which teaches."""
    tool = BY_NAME.get(call.name)
    if tool is None:
        names = ", ".join(tool.name for tool in TOOLS)
        raise Malformed(call.problem or f"There is no tool {call.name[:80]!r}. The tools are: {names}.")
    if call.problem:
        raise Malformed(call.problem)
    try:
        return tool, tool.arguments.model_validate(call.arguments)
    except ValidationError as error:
        raise Malformed(_lesson(tool, error)) from error


def _lesson(tool: Tool[Any], error: ValidationError) -> str:
    wrong = "; ".join(
        f"{'.'.join(str(part) for part in found['loc']) or 'arguments'}: {found['msg']}"
        for found in error.errors()[:5]
    )
    needed = ", ".join(tool.schema["required"]) or "nothing"
    known = ", ".join(tool.schema["properties"])
    return f"The arguments of {tool.name} do not fit ({wrong}). It takes {known}; it needs {needed}."


def _result(call: Asked, text: str, *, ok: bool = True) -> ToolResult:
    return ToolResult(call_id=call.id, tool=call.name, text=mask(storable(text)), ok=ok)


def _noted(played: Played, note: str) -> Played:
    last = played.results[-1]
    return replace(played, results=(*played.results[:-1], replace(last, text=last.text + note)))


def _with(played: Played, result: ToolResult) -> Played:
    return replace(played, results=(*played.results, result))
