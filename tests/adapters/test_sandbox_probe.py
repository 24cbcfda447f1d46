"""A machine that cannot sandbox: one line says why, one what mends it."""

from pathlib import Path

import pytest

from builds.adapters.sandbox_bwrap import BwrapSandbox
from builds.adapters.sandbox_probe import diagnosis
from builds.ports import Unavailable
from builds.sandboxed import Limits

SAID = {
    "Ubuntu's AppArmor": (
        "bwrap: setting up uid map: Permission denied",
        "apparmor_restrict_unprivileged_userns=0",
    ),
    "Ubuntu's AppArmor, later": (
        "bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted",
        "apparmor_restrict",
    ),
    "Docker's seccomp": ("bwrap: Creating new namespace failed: Operation not permitted", "compose.yaml"),
    "Debian's old switch": (
        "bwrap: No permissions to create new namespace, likely because the kernel does not allow it",
        "unprivileged_userns_clone=1",
    ),
    "Docker's masked /proc": (
        "bwrap: Can't mount proc on /newroot/proc: Operation not permitted",
        "systempaths=unconfined",
    ),
    "no more namespaces": (
        "bwrap: Creating new namespace failed: No space left on device",
        "max_user_namespaces",
    ),
    "root that may not change": ("setpriv: setresuid failed: Operation not permitted", "as an ordinary user"),
    "root that may not mount": ("unshare: unshare failed: Operation not permitted", "as an ordinary user"),
    "no python3": ("sh: 8: exec: python3: not found", "Install python3"),
    "no prlimit": ("sh: 5: prlimit: not found", "util-linux"),
    "something new": ("bwrap: the moon is full", "README"),
}


@pytest.mark.parametrize(("said", "mend"), SAID.values(), ids=SAID)
def test_a_bwrap_that_fails_is_explained(said: str, mend: str, tmp_path: Path) -> None:
    bwrap = script(tmp_path, f'echo "{said}" >&2; exit 1')

    probe = BwrapSandbox(bwrap=bwrap).probe()

    assert not probe.ok
    assert mend in probe.mend
    assert probe.reason
    assert "\n" not in probe.reason + probe.mend


def test_a_bwrap_that_is_missing_is_explained(tmp_path: Path) -> None:
    probe = BwrapSandbox(bwrap=tmp_path / "bin" / "lib" / "bwrap").probe()

    assert not probe.ok
    assert "bwrap program is missing" in probe.reason


def test_a_promise_that_is_not_kept_is_named() -> None:
    probe = diagnosis("generated code would have a network, folders of this machine\n")

    assert "would have a network, folders of this machine" in probe.reason


def test_a_sandbox_that_does_not_start_is_no_result_of_the_command(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="the moon is full"):
        BwrapSandbox(bwrap=script(tmp_path, "echo the moon is full; exit 1")).run(
            ["true"], tree=tmp_path, limits=Limits()
        )


def script(folder: Path, body: str) -> Path:
    path = folder / "wheel" / "bin" / "bwrap"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path
