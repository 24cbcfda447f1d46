"""What a run in the sandbox has beyond its tree: layers, a folder that comes back, a way out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from builds.adapters import sandbox_inside
from builds.adapters.sandbox_addresses import AllowList
from builds.adapters.sandbox_argv import View
from builds.adapters.sandbox_registries import usual_hosts
from builds.adapters.sandbox_system import MADE_UP_FILES, search_path
from builds.ports import Refused
from builds.sandboxed import Collect, Layer

STEWARD = "/dream/inside.py"
SOCKET = "/dream/proxy"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
# What this machine trusts is what an installation trusts: pip and node bring lists of their own.
TRUST = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


@dataclass(frozen=True, kw_only=True)
class Egress:
    """What the operator of this machine adds to every set-up: hosts of its own, at whatever address, and
    variables, which the code of packages can read, so never a secret."""

    hosts: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)

    def allow_list(self, hosts: Iterable[str]) -> AllowList:
        """The policy's, or else the usual ones; and these. Raises Refused("setup_hosts_invalid")."""
        try:
            return AllowList.of(tuple(hosts) or usual_hosts(), self.hosts)
        except ValueError as error:
            raise Refused("setup_hosts_invalid", f"The policy's setup_hosts: {error}.") from error

    def environment(self) -> dict[str, str]:
        """The variables of a set-up."""
        trust = {name: str(CERTIFICATES) for name in TRUST} if CERTIFICATES.is_file() else {}
        return {**trust, **self.variables}


@dataclass(frozen=True, kw_only=True)
class Extras:
    """`layers` with the folders they lie in, the `proxy`'s socket, `folder` an empty one to fill."""

    layers: tuple[tuple[Path, Layer], ...] = ()
    collect: Collect | None = None
    proxy: Path | None = None
    folder: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> tuple[Path, ...]:
        """What of this machine is shown."""
        return (*(source for source, _ in self.layers), *([self.proxy] if self.proxy else []))

    @property
    def files(self) -> dict[str, bytes]:
        """What is made up inside."""
        steward = self.collect or self.proxy
        ours = {STEWARD: Path(sandbox_inside.__file__).read_bytes()} if steward else {}
        return {**MADE_UP_FILES, **ours}

    def view(self, files: Mapping[str, int]) -> View:
        """What bubblewrap is told of all this."""
        layers = [layer for _, layer in self.layers]
        return View(
            files=files,
            binds=(*(layer.inside for layer in layers), *([SOCKET] if self.proxy else [])),
            folders=(self.folder,) if self.folder and not self.folder.startswith("/checkout/") else (),
            scratch=tuple(f"{layer.inside}/{name}" for layer in layers for name in layer.scratch),
            variables=self.variables,
        )

    def command(self, argv: Sequence[str], *, python: bool, descriptor: int) -> list[str]:
        """The command with what has to run beside it. Only the command finds the programs of layers first."""
        programs = [layer.programs for _, layer in self.layers if layer.programs]
        path = ":".join([*programs, search_path(python=python)])
        command = ["env", f"PATH={path}", *argv] if programs else list(argv)
        if not (self.collect or self.proxy):
            return command
        folder = self.collect.inside if self.collect else ""
        return ["python3", "-I", STEWARD, SOCKET if self.proxy else "", folder, str(descriptor), *command]
