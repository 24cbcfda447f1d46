"""A recipe: the manifests of one ecosystem, and what installs exactly them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from builds.canonical import canonical_json
from builds.ports import Refused

Ecosystem = Literal["python", "node"]
FOLDER = ".dream-setup"  # where what we add lies in the tree of a set-up
LISTED = "dream-installed.txt"  # in every layer: what was installed, a name==version a line
FORMAT = 1  # grows when the same recipe would make another layer


def not_supported(why: str) -> Refused:
    """These manifests cannot be installed here; `why` says which and what is missing."""
    return Refused(
        "setup_unsupported",
        f"{why} Not supported here; with `setup: off` in the policy checks run without dependencies.",
    )


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What the sandbox has: `markers` are Python's own (PEP 508), versions are empty for what is missing."""

    markers: Mapping[str, str] = field(default_factory=dict)
    node: str = ""
    npm: str = ""
    corepack: str = ""

    def of(self, ecosystem: Ecosystem) -> tuple[str, ...]:
        """The versions that packages of an ecosystem are built for."""
        python = ("implementation_name", "python_full_version", "platform_machine")
        return {
            "python": tuple(self.markers.get(name, "") for name in python),
            "node": (self.node, self.npm, self.markers.get("platform_machine", "")),
        }[ecosystem]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """`manifests` are the repository's own files, by path; `files` what is made of them, in its own folder.

    `commands` are lines of sh, run beside `files`; a line that fails ends it. They fill the folder `inside`.
    """

    ecosystem: Ecosystem
    manifests: tuple[str, ...]
    files: Mapping[str, bytes]
    commands: tuple[str, ...]
    inside: str
    programs: str
    needs_pip: bool = False
    scratch: tuple[str, ...] = ()

    def key(self, repo: str, machine: Machine, hosts: tuple[str, ...]) -> str:
        """What the layer is a function of. The repository is part of it: nobody's packages reach another's.

        Where versions are not locked, the first layer pins them for this machine.
        """
        files = {path: sha256(data).hexdigest() for path, data in self.files.items()}
        tools = machine.of(self.ecosystem)
        parts = [FORMAT, repo, self.ecosystem, files, self.commands, tools, sorted(hosts)]
        return sha256(canonical_json(parts)).hexdigest()
