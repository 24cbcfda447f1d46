"""Sessions of a model: what it answers, turn by turn, as files that people write, read and record."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from builds.ports import Refused, Reply, ToolCall


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ScriptedCall(_Table):
    """One tool call. `raw` is sent as it stands, for arguments that are broken on purpose."""

    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    raw: str | None = None

    @property
    def text(self) -> str:
        """The arguments as a model writes them."""
        return json.dumps(self.arguments, ensure_ascii=False) if self.raw is None else self.raw

    @classmethod
    def of(cls, call: ToolCall) -> Self:
        """A call that a model made; `raw` where its arguments cannot be written as a table."""
        try:
            arguments = json.loads(call.arguments)
            if isinstance(arguments, dict) and tomllib.loads("".join(_pairs(arguments))) == arguments:
                return cls(tool=call.name, arguments=arguments)
        except (ValueError, RecursionError, TypeError):
            pass
        return cls(tool=call.name, raw=call.arguments)


class ScriptedTurn(_Table):
    """One answer, by (purpose, item, turn). Each of `expect` must be in what came since the last one."""

    purpose: str
    item: str = ""
    turn: int = Field(default=1, ge=1)
    expect: tuple[str, ...] = ()
    text: str = ""
    calls: tuple[ScriptedCall, ...] = ()
    finish: Literal["stop", "tool_calls", "length", "content_filter"] | None = None

    @property
    def key(self) -> tuple[str, str, int]:
        """What it answers."""
        return (self.purpose, self.item, self.turn)

    @classmethod
    def of(cls, reply: Reply, *, purpose: str, item: str, turn: int) -> Self:
        """What a model answered."""
        calls = tuple(map(ScriptedCall.of, reply.tool_calls))
        usual = "tool_calls" if calls else "stop"
        finish = None if reply.finish == usual else reply.finish
        return cls(purpose=purpose, item=item, turn=turn, text=reply.text, calls=calls, finish=finish)


class Session(_Table):
    """One conversation. It answers only requests that hold `match`, so several can live together."""

    match: str = ""
    turn: tuple[ScriptedTurn, ...] = ()

    @model_validator(mode="after")
    def _each_turn_once(self) -> Self:
        keys = [turn.key for turn in self.turn]
        doubles = sorted({str(key) for key in keys if keys.count(key) > 1})
        if doubles:
            raise ValueError(f"these turns are there twice: {', '.join(doubles)}")
        return self

    @classmethod
    def parse(cls, text: str, name: str) -> Self:
        """Read TOML; `name` says what it is. Raises Refused("script_invalid")."""
        try:
            return cls.model_validate(tomllib.loads(text))
        except (tomllib.TOMLDecodeError, ValidationError) as error:
            raise Refused("script_invalid", f"The session {name} cannot be used: {error}") from error

    @classmethod
    def read(cls, path: Path) -> Self:
        """Parse a TOML file. Raises Refused("script_invalid")."""
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Refused("script_invalid", f"The session {path.name} cannot be used: {error}") from error
        return cls.parse(text, path.name)

    def as_toml(self) -> str:
        """The session as a file, its texts over several lines; reading it gives an equal session."""
        parts = [f"match = {_value(self.match)}\n"]
        for turn in self.turn:
            facts = turn.model_dump(exclude={"calls"}, exclude_defaults=True)
            parts += ["\n[[turn]]\n", *_pairs(facts)]
            for call in turn.calls:
                parts.append(f"\n[[turn.calls]]\ntool = {_value(call.tool)}\n")
                if call.raw is not None:
                    parts.append(f"raw = {_value(call.raw)}\n")
                elif call.arguments:
                    parts += ["[turn.calls.arguments]\n", *_pairs(call.arguments)]
        return "".join(parts)


# --- TOML, of which the standard library reads and does not write ----------------------------------


def _pairs(table: dict[str, Any]) -> Iterator[str]:
    for name, value in table.items():
        plain = re.fullmatch(r"[A-Za-z0-9_-]+", name)
        yield f"{name if plain else _quoted(name)} = {_value(value)}\n"


def _value(value: object) -> str:
    """Raises TypeError for what TOML has no form of: nothing, and what is no JSON."""
    match value:
        case str():
            return _text(value)
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case list() | tuple():
            return f"[{', '.join(map(_value, value))}]"
        case dict():
            return "{" + ", ".join(pair.rstrip("\n") for pair in _pairs(value)) + "}"
        case _:
            raise TypeError(f"TOML has no form for {type(value).__name__}")


def _text(text: str) -> str:
    """Over several lines as it is where TOML allows that, else quoted with escapes."""
    if "\n" not in text:
        return _quoted(text)
    if "'''" in text or text.endswith("'") or re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text):
        escaped = re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[0], _quoted(text)[1:-1])
        return f'"""\n{escaped}"""'
    return f"'''\n{text}'''"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", r"\u007f")
