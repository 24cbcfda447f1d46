"""The systemd units: sound by systemd's own check, and hardened as far as bubblewrap allows."""

import configparser
import getpass
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
BUBBLEWRAP_NEEDS = {
    "RestrictNamespaces", "ProtectHostname", "ProtectKernelTunables", "ProtectKernelLogs", "ProtectProc",
    "ProcSubset", "SystemCallFilter", "PrivateUsers", "MemoryDenyWriteExecute", "RestrictSUIDSGID",
}  # fmt: skip


def parsed(unit: Path) -> configparser.ConfigParser:
    """A unit as a table; none of ours says a key twice."""
    found = configparser.ConfigParser(interpolation=None)
    found.optionxform = str  # type: ignore[assignment,method-assign]
    found.read_string(unit.read_text(encoding="utf-8"))
    return found


def test_there_is_a_unit_for_each_service() -> None:
    assert [unit.name for unit in UNITS] == [
        "dream-scheduler.service", "dream-web.service", "dream-worker@.service",
    ]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_again_always_and_lets_the_first_process_tell_the_others(unit: Path) -> None:
    service = parsed(unit)["Service"]
    assert (service["Restart"], service["KillMode"], service["TimeoutStopSec"]) == ("always", "mixed", "30")
    assert service["User"] == "dream"
    assert (service["NoNewPrivileges"], service["ProtectSystem"]) == ("yes", "strict")
    assert service["CapabilityBoundingSet"] == ""
    words = service["ExecStart"].split()
    assert words[1] == "manage.py"
    assert (ROOT / "builds" / "management" / "commands" / f"{words[2]}.py").exists()


def test_only_the_worker_may_make_namespaces_and_says_why() -> None:
    for unit in UNITS:
        restricted = BUBBLEWRAP_NEEDS & set(parsed(unit)["Service"])
        assert restricted == (set() if "worker" in unit.name else restricted)
    text = (ROOT / "deploy/systemd/dream-worker@.service").read_text()
    assert all(key in text for key in BUBBLEWRAP_NEEDS)
    assert parsed(ROOT / "deploy/systemd/dream-web.service")["Service"]["RestrictNamespaces"] == "yes"


def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    """Where there is systemd: every key and value is one that it knows."""
    verify = shutil.which("systemd-analyze")
    if verify is None:
        return  # the tests above read the same files
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        text = text.replace("/opt/dream-machine/.venv/bin/python", sys.executable)
        text = text.replace("/opt/dream-machine", str(ROOT)).replace("=dream\n", f"={getpass.getuser()}\n")
        (tmp_path / unit.name).write_text(text)
    names = [str(tmp_path / unit.name.replace("@.", "@1.")) for unit in UNITS]
    (tmp_path / "dream-worker@1.service").symlink_to("dream-worker@.service")
    ran = subprocess.run(
        [verify, "verify", "--man=no", "--recursive-errors=no", *names],
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
