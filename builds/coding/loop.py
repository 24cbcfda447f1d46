"""One item's tool loop: short, bounded, with a fresh context, and able to go on from its transcript."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from builds.budgets import OverBudget
from builds.coding import limits
from builds.coding.closing import FAILURES, Ending
from builds.coding.conversation import Conversation
from builds.coding.guards import CallLimits, Guards
from builds.coding.messages import Task, opening, rules, system_prompt
from builds.coding.profiles import profile_of
from builds.coding.transcript import Diverged, Transcript, request_hash
from builds.coding.transport import Asked, Fenced, Transport, read_calls, transport_for, unreadable
from builds.coding.turns import Played, Player, player_for
from builds.coding.workspace import Workspace
from builds.context import Context
from builds.evidence import CheckRun, Item, PlannedItem, ToolResult, Turn
from builds.ports import Refused, Reply, Request

NOTED_CHARACTERS = 200
CONTINUE = "Your answer was cut off at the output limit. Go on exactly where it stopped; repeat nothing."
NO_CALL = (
    "No tool was called in this answer, so nothing was done. Call a tool, or call finish to end the item."
)
EMPTY = "Your answer was empty, so nothing was done. Call a tool, or call finish to end the item."
CUT_TWICE = (
    "Your answer was cut off twice, so nothing of it was done. "
    "Send less at once: smaller edits, files in parts."
)


def run_item(
    context: Context,
    workspace: Workspace,
    item: PlannedItem,
    *,
    baseline: Sequence[CheckRun],
    done_so_far: Sequence[Item],
) -> Item:
    """Work on one item until it is done or failed; the workspace is left as the item's `tree_after`.

    The item comes back `done`, or `failed` with a code of `closing.FAILURES`. Checks are those of the stored
    intake. Raises what the ports raise, Canceled, LeaseLost and ShuttingDown included: what was lived is in
    the transcript then, and the same call goes on from there once the workspace is at the same tree again.
    """
    task = task_of(context, item, done_so_far)
    tree_before = workspace.tree()
    transcript = Transcript(context.progress, item.key)
    while True:
        loop = start(context, workspace, task, baseline=baseline, transcript=transcript)
        try:
            ending, summary = loop.run()
        except Diverged:
            workspace.reset_to(tree_before)  # all before it is served again, for nothing
            continue
        tree_after = workspace.tree()
        return Item(
            planned=item,
            status="failed" if ending.failure else "done",
            summary=summary or FAILURES.get(ending.failure, ""),
            patch=workspace.diff(tree_before, tree_after, context=0),  # nothing but what changes is kept
            tree_before=tree_before,
            tree_after=tree_after,
            failure=ending.failure,
        )


def task_of(context: Context, item: PlannedItem, done_so_far: Sequence[Item]) -> Task:
    """The item with what it builds on."""
    evidence = context.facts.evidence
    return Task(
        spec=context.facts.spec,
        intake=evidence.intake,
        item=item,
        done_so_far=done_so_far,
        proposed=evidence.plan.proposed if evidence.plan else (),
    )


def start(
    context: Context,
    workspace: Workspace,
    task: Task,
    *,
    baseline: Sequence[CheckRun],
    transcript: Transcript,
) -> "Loop":
    """A loop at its first turn."""
    model = context.facts.repo.writer
    transport = transport_for(model)
    player = player_for(context, workspace, task, baseline=baseline)
    first = opening(task, workspace, transport=transport, memory=player.desk.memory)
    return Loop(
        context=context,
        item=task.item.key,
        player=player,
        transport=transport,
        transcript=transcript,
        conversation=Conversation(first),
    )


@dataclass(kw_only=True)
class Loop:
    """The state of one item's loop; everything in it follows from the transcript."""

    context: Context
    item: str
    player: Player
    transport: Transport
    transcript: Transcript
    conversation: Conversation
    guards: Guards = field(default_factory=Guards)
    partial: str = ""  # the first half of an answer that was cut off
    lived: list[tuple[Reply, Sequence[Asked], Sequence[ToolResult]]] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def model(self) -> str:
        """The model that writes."""
        return self.context.facts.repo.writer

    @property
    def calls(self) -> CallLimits:
        """How many model calls this item may take."""
        return CallLimits.of(profile_of(self.model).patience)

    def run(self) -> tuple[Ending, str]:
        """Turn after turn, to an ending and the model's own summary. Raises Diverged."""
        self.guards.known.add(self.player.tree())
        for number in range(1, self.calls.hard + 1):
            self.context.progress.beat()
            if time.monotonic() - self.began > limits.ITEM_SECONDS:
                return Ending("item_time_limit"), ""
            played = self._turn(number)
            if played.ending:
                return played.ending, played.summary
        return Ending("item_call_limit"), ""

    def _turn(self, number: int) -> Played:
        request, reply = self._ask(number)
        name = request_hash(request)
        recorded = self.transcript.recorded(number, name)
        played, asked = self._play(reply, number, recorded)
        tree = self.player.tree()
        if recorded is None:
            turn = Turn(
                item=self.item, number=number, request_hash=name, results=played.results, tree_after=tree
            )
            self.transcript.save(turn)
            self._tell(played)
        elif tree != recorded.tree_after:
            self.transcript.forget_from(number)
            raise Diverged
        self._remember(reply, asked, played.results)
        if unreadable(asked) and profile_of(self.model).fallback:
            self._fall_back()
        return self._guarded(played, tree)

    def _ask(self, number: int) -> tuple[Request, Reply]:
        """The model's answer. Where the money or the model's context does not hold the whole conversation,
        older results are left out; a model that turns out to take no tool calls is asked in fenced text."""
        self._shorten_as_before(number)
        while True:
            request = self._request(number)
            try:
                return request, self.context.model.complete(request)
            except OverBudget:
                if not self._shorten():
                    raise
            except Refused as error:
                if error.code == "tools_unsupported" and request.tools:
                    self._fall_back()
                elif error.code != "context_too_long" or not self._shorten():
                    raise

    def _shorten(self) -> bool:
        """Leave out older results; whether there were any."""
        gone = self.conversation.shorten()
        self.player.desk.memory.forget_shown(gone)
        return bool(gone)

    def _shorten_as_before(self, number: int) -> None:
        """A turn that was lived with a shortened conversation is asked again with the same one."""
        wanted = self.transcript.name_of(number)
        if not wanted or request_hash(self._request(number)) == wanted:
            return
        shorter, gone = self.conversation.copy(), set[int]()
        while more := shorter.shorten():
            gone |= more
            request = replace(self._request(number), messages=shorter.messages())
            if request_hash(request) == wanted:
                self.conversation = shorter
                self.player.desk.memory.forget_shown(gone)
                return

    def _remember(self, reply: Reply, asked: Sequence[Asked], results: Sequence[ToolResult]) -> None:
        self.lived.append((reply, asked, results))
        gone = self.conversation.add(*self.transport.remember(reply, asked, results))
        self.player.desk.memory.forget_shown(gone)

    def _fall_back(self) -> None:
        """Go on in fenced text, with the conversation so far written that way too."""
        if self.transport.name == "fenced":
            return
        self.transport = Fenced()
        self.conversation = Conversation((rules(self.transport), *self.conversation.opening[1:]))
        lived, self.lived = self.lived, []
        for turn in lived:
            self._remember(*turn)

    def _tell(self, played: Played) -> None:
        """Let watchers see what did not go through; the model is told the whole of it."""
        for result in played.results:
            if result.tool and not result.ok:
                why = " ".join(result.text.split())
                self.context.progress.note(f"{result.tool} not done: {why[:NOTED_CHARACTERS]}")

    def _guarded(self, played: Played, tree: str) -> Played:
        failure = self.guards.after_turn(tree, played.news, understood=played.understood)
        return replace(played, ending=Ending(failure)) if failure and not played.ending else played

    def _request(self, number: int) -> Request:
        return Request(
            purpose="implement",
            model=self.model,
            messages=self.conversation.messages(),
            item=self.item,
            turn=number,
            tools=self.transport.tools(),
            max_tokens=limits.MAX_TOKENS,
            prompt_version=system_prompt(self.transport).version,
        )

    def _play(self, reply: Reply, number: int, recorded: Turn | None) -> tuple[Played, Sequence[Asked]]:
        """What the turn did, and the calls it held."""
        whole = replace(reply, text=self.partial + reply.text)
        cut_before, self.partial = bool(self.partial), ""
        if reply.finish == "length" and not reply.tool_calls and not cut_before and reply.text.strip():
            self.partial = reply.text
            return Played.saying(CONTINUE, recorded, understood=True), ()
        asked = read_calls(whole, number)
        if recorded and len(recorded.results) != max(1, len(asked)):
            self.transcript.forget_from(number)
            raise Diverged
        if not asked:
            return Played.saying(_lesson(reply, cut=cut_before), recorded, understood=False), ()
        known = recorded.results if recorded else ()
        self.player.begin(number, note=self.calls.reminder(number))
        return self.player.play(asked, known=known, guards=self.guards), asked


def _lesson(reply: Reply, *, cut: bool) -> str:
    if cut and reply.finish == "length":
        return CUT_TWICE
    return NO_CALL if reply.text.strip() else EMPTY
