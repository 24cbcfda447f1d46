"""`.dream/factory.yaml`: what a repository says of itself, read at the base commit only."""

import shlex
from collections.abc import Callable
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from builds.coding.paths import check_path
from builds.evidence import Check
from builds.ports import Refused

PATH = ".dream/factory.yaml"
MOST_BYTES = 32_000


def split_words(value: object) -> object:
    """A command may be one string, split into words as a shell would; no shell runs it."""
    return shlex.split(value) if isinstance(value, str) else value


Words = Annotated[
    tuple[Annotated[str, StringConstraints(min_length=1, max_length=2000)], ...],
    BeforeValidator(split_words),
    Field(min_length=1, max_length=100),
]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}$")]


class CheckTable(BaseModel):
    """A check with its report: a JUnit XML file that the command writes, below the root or in /tmp."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: Words
    junit: str = Field(default="", max_length=300)


class SetupTable(BaseModel):
    """What the set-up phase installs, where what it finds by itself is not it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    requirements: tuple[str, ...] = Field(default=(), max_length=20)


def as_table(value: object) -> object:
    """`tests: python3 -m pytest` is short for a table with `run`."""
    return value if isinstance(value, dict) else {"run": value}


class FactoryFile(BaseModel):
    """Every key it may hold; an unknown one is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    checks: dict[Name, Annotated[CheckTable, BeforeValidator(as_table)]] = Field(
        default_factory=dict, max_length=16
    )
    setup: SetupTable = SetupTable()

    def as_checks(self, source: str = PATH) -> tuple[Check, ...]:
        """Its commands as checks; `source` is where it was read."""
        return tuple(
            Check(name=name, argv=table.run, source=source, junit=table.junit)
            for name, table in self.checks.items()
        )


class _Loader(yaml.SafeLoader):
    """Plain values only. An alias would let a short file be a very long one."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not taken")
        return super().compose_node(parent, index)


def read_factory_file(read: Callable[[str], bytes | None], path: str = PATH) -> FactoryFile:
    """What the file says; an empty one where there is none. Raises Refused("factory_file_invalid")."""
    data = read(path)
    if data is None:
        return FactoryFile()
    if len(data) > MOST_BYTES:
        raise Refused("factory_file_invalid", f"{path} is larger than {MOST_BYTES // 1000} KB.")
    try:
        found = FactoryFile.model_validate(yaml.load(data.decode(), Loader=_Loader) or {})  # noqa: S506  a SafeLoader
        for named in (
            *found.setup.requirements,
            *(t.junit for t in found.checks.values() if _inside(t.junit)),
        ):
            check_path(named)
    except (yaml.YAMLError, ValidationError, ValueError, RecursionError, Refused) as error:
        raise Refused("factory_file_invalid", f"{path} cannot be used: {_short(error)}") from error
    return found


def _inside(junit: str) -> bool:
    return bool(junit) and not junit.startswith("/tmp/")  # noqa: S108  the sandbox's own


def _short(error: Exception) -> str:
    if isinstance(error, ValidationError):
        told = error.errors(include_url=False, include_context=False, include_input=False)
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in told[:5])
    return " ".join(str(error).split())[:500]
