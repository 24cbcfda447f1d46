"""What goes into the sandbox and what comes out of it: values, no behaviour."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

COMMAND_SECONDS = 300.0


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What generated code may use."""

    wall_seconds: float | None = None  # None: as long as the settings of this machine give a command
    cpu_seconds: int = 300
    memory_bytes: int = 1 << 30
    disk_bytes: int = 512 << 20
    processes: int = 256
    output_bytes: int = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Ran:
    """How a command ended. `exit_code` is None unless it ended by itself; output is bounded.

    `setup`: it never began, because what its tree depends on could not be installed; the output says why.
    """

    exit_code: int | None
    output: str
    seconds: float
    ended: Literal["exit", "timeout", "output_limit", "setup"]
    truncated: bool = False


@dataclass(frozen=True, kw_only=True)
class Probe:
    """Whether this machine can keep the sandbox's promises; if not, why and what mends it."""

    ok: bool
    reason: str = ""
    mend: str = ""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A folder of installed dependencies that a run sees read-only at `inside`, known by what made it.

    `programs` goes in front of PATH; what a run writes into the `scratch` folders of it is thrown away.
    """

    key: str  # 64 hex digits
    inside: str
    programs: str = ""
    scratch: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Collect:
    """A folder or a file of a run that comes back: files, folders, links, at most `most_bytes` of them."""

    inside: str
    into: Path
    most_bytes: int = 8 << 20


@dataclass(frozen=True, kw_only=True)
class Install:
    """A command that fills the folder of `layer`; `hosts` (`name` or `name:port`) are all it may reach."""

    argv: tuple[str, ...]
    layer: Layer
    hosts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Installed:
    """How an installation ended. `ran` is None where the layer was there already.

    `refused` are hosts that it asked for and may not reach, `unreachable` allowed ones that did not answer.
    """

    ran: Ran | None = None
    refused: tuple[str, ...] = ()
    unreachable: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the layer is there."""
        return self.ran is None or self.ran.exit_code == 0
