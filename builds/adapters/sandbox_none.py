"""The sandbox of a machine that has none: it runs nothing, so no check can ever look green."""

from collections.abc import Sequence
from pathlib import Path

from builds.ports import Refused
from builds.sandboxed import Collect, Install, Installed, Layer, Limits, Probe, Ran


class NoSandbox:
    """`DREAM_SANDBOX=none`, chosen by a person: checks are `not_run`, on every page and pull request."""

    name = "none"
    runs_code = False

    def probe(self) -> Probe:
        """Always fine: there is nothing to promise."""
        return Probe(ok=True)

    def run(
        self,
        argv: Sequence[str],
        *,
        tree: Path,
        limits: Limits,
        layers: Sequence[Layer] = (),
        collect: Collect | None = None,
    ) -> Ran:
        """Raises Refused("sandbox_none"), always."""
        raise Refused(
            "sandbox_none", "No code was run, because DREAM_SANDBOX=none. Set it to bwrap to run checks."
        )

    def install(self, install: Install, *, tree: Path, limits: Limits) -> Installed:
        """Raises Refused("sandbox_none"), always: packages are code."""
        raise Refused(
            "sandbox_none",
            "Nothing was installed, because DREAM_SANDBOX=none. Set it to bwrap to run checks.",
        )

    def kill_all(self) -> None:
        """Nothing runs, nothing to kill."""
