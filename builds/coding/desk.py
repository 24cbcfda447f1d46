"""What the tools work on: the files, the item's bounds, and what the model has seen so far."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from builds.coding.paths import check_path
from builds.coding.scope import Scope
from builds.coding.secret_files import looks_secret
from builds.coding.text_files import NotText, TextFile, load_text
from builds.coding.workspace import Workspace
from builds.secrets import MASK

NO_SECRETS = (
    "That mark stands for something that looks like a secret, and secrets are never shown or written here. "
    "Read it from the environment or the configuration when the program runs; in tests, make one from words. "
    "To change other lines of a file that holds one, use edit."
)


class ToolError(Exception):
    """The call was not done; the message says why and what to do instead."""


class Arguments(BaseModel):
    """Base of every tool's arguments: what is not listed is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass
class Memory:
    """What the model has seen and done in this item. Never stored: replaying the calls makes it again."""

    turn: int = 0
    revision: int = 0  # grows with every change of the files
    whole: set[str] = field(default_factory=set)  # paths whose present content the model knows entirely
    shown: dict[tuple[str, int, int], tuple[str, int]] = field(default_factory=dict)  # range: text, turn
    written: set[str] = field(default_factory=set)
    edits: Counter[str] = field(default_factory=Counter)  # by path, those that were done
    failed_edits: Counter[str] = field(default_factory=Counter)  # by path; not reset by a success

    def forget_shown(self, turns: set[int]) -> None:
        """What these turns showed has left the conversation, so it may be shown again."""
        self.shown = {key: value for key, value in self.shown.items() if value[1] not in turns}


@dataclass
class Desk:
    """One item's place of work.

    `run_check` runs a named check, `close` judges a finish of some status; both return what the model reads
    and raise ToolError. `announce` tells watchers that a path is being written.
    """

    workspace: Workspace
    scope: Scope
    run_check: Callable[[str], str]
    close: Callable[[str], str]
    announce: Callable[[str], None]
    memory: Memory = field(default_factory=Memory)

    def readable(self, path: str) -> Path:
        """Where a file that may be shown is. Raises PathRefused or ToolError."""
        place = self.workspace.resolve(path)
        if looks_secret(path):
            raise ToolError(f"{path} looks like a file of secrets; such files are neither read nor written.")
        if place.is_dir():
            raise ToolError(f"{path} is a folder. Use list_files with the glob {path}/**.")
        if not place.is_file():
            raise ToolError(f"There is no file {path}.{self._similar(path)}")
        return place

    def load(self, path: str) -> TextFile:
        """A text file that may be shown. Raises PathRefused or ToolError."""
        place = self.readable(path)
        try:
            return load_text(place)
        except NotText as error:
            raise ToolError(f"{path} cannot be shown or edited: {error}.") from error

    def check_writable(self, path: str) -> None:
        """Raises PathRefused, or ToolError when the item may not change this path."""
        self.workspace.resolve(path)
        if looks_secret(check_path(path)):
            raise ToolError(f"{path} looks like a file of secrets; such files are neither read nor written.")
        if not self.scope.allows(path):
            raise ToolError(
                f"{path} is outside this item. It may change: {self.scope}. "
                "If that is not enough for the item, call finish with status needs_split and say why."
            )

    def write(self, path: str, text: str) -> None:
        """Store a file whose new text the model knows, and tell watchers the first time.

        Raises ToolError for a text that holds the mark of a secret which was not there.
        """
        there = (self.workspace.read(path) or b"").decode("utf-8", "replace")
        if masked := Counter(MASK.findall(text)) - Counter(MASK.findall(there)):
            raise ToolError(f"Not done: {path} would hold [masked: {next(iter(masked))}]. {NO_SECRETS}")
        if path not in self.memory.written:
            self.memory.written.add(path)
            self.announce(path)
        self.workspace.write(path, text.encode())
        self.changed(path)

    def changed(self, path: str) -> None:
        """Note that a file is no longer what was shown of it."""
        self.memory.revision += 1
        self.memory.shown = {key: value for key, value in self.memory.shown.items() if key[0] != path}

    def _similar(self, path: str) -> str:
        name = path.rpartition("/")[2].lower()
        found = [file.path for file in self.workspace.files() if file.path.lower().endswith(name)]
        return (
            f" Files with that name: {', '.join(found[:5])}."
            if found
            else " Use list_files to see what is there."
        )


Given = TypeVar("Given", bound=Arguments)


@dataclass(frozen=True, kw_only=True)
class Tool(Generic[Given]):
    """One tool of the table. `run` returns what the model reads; it raises ToolError or PathRefused.

    A `look` or a `change` depends on files and arguments alone, so a replay runs it again; `check` and
    `finish` may run code, so a replay takes what they said then.
    """

    name: str
    description: str
    arguments: type[Given]
    run: Callable[[Desk, Given], str]
    kind: Literal["look", "change", "check", "finish"] = "look"

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The arguments as a JSON Schema object, without the titles that say nothing. Made once."""
        return _without_titles(self.arguments.model_json_schema())


def _without_titles(schema: dict[str, Any]) -> dict[str, Any]:
    properties = {
        name: {key: value for key, value in facts.items() if key != "title"}
        for name, facts in schema.get("properties", {}).items()
    }
    return {
        "type": "object",
        "properties": properties,
        "required": schema.get("required", []),
        "additionalProperties": False,
    }
