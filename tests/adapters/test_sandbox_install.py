"""Installing in the sandbox, of root and of an ordinary user: only the layer comes out."""

import json
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Any
from uuid import uuid4

import pytest

from builds.adapters.sandbox_bwrap import BwrapSandbox
from builds.ports import Interrupted, Refused, Unavailable
from builds.sandboxed import Install, Layer, Limits
from tests.adapters.sandbox_attacks import LIMITS, PREAMBLE, Attack
from tests.adapters.sandbox_people import PEOPLE, PROJECT, Driver, Person, processes_with, staged
from tests.adapters.setup_attacks import SETUP_ATTACKS

INSIDE = "/opt/dependencies"


@pytest.fixture(scope="module")
def stage() -> Iterator[Path]:
    with staged() as folder:
        yield folder


@pytest.fixture(scope="module")
def tree(stage: Path) -> Iterator[Path]:
    """A tree with facts about this machine, where two servers listen."""
    abstract = f"dream-{uuid4().hex}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as unix:
        unix.bind("\0" + abstract)
        unix.listen()
        paths = ["/root", "/home", "/var", "/run", str(stage / "secret.txt"), str(PROJECT), sys.prefix]
        facts = {"port": server.getsockname()[1], "abstract": abstract, "paths": paths, "layers": str(stage)}
        folder = stage / "tree"
        folder.mkdir()
        (folder / "facts.json").write_text(json.dumps(facts))
        yield folder


@pytest.fixture(scope="module", params=PEOPLE, ids=lambda person: person.name)
def driver(request: pytest.FixtureRequest, stage: Path) -> Iterator[Driver]:
    """A worker's process that stays for all its attacks."""
    person: Person = request.param
    with person.start(stage) as process:
        yield process


def layer(**changes: Any) -> dict[str, Any]:
    """A new one for each test."""
    return {"key": uuid4().hex * 2, "inside": INSIDE, **changes}


def install(driver: Driver, tree: Path, code: str, **more: Any) -> dict[str, Any]:
    """Run code as an installation does."""
    asked = {"install": layer(), "hosts": ["listed.example"], "limits": LIMITS, "tree": str(tree), **more}
    return driver.ask({"argv": ["python3", "-I", "-c", PREAMBLE + code, uuid4().hex], **asked})


def run(driver: Driver, tree: Path, script: str, used: dict[str, Any]) -> dict[str, Any]:
    """Run a script with the layer."""
    asked = {"argv": ["sh", "-c", script], "limits": LIMITS, "tree": str(tree), "layers": [used]}
    return driver.ask(asked)


@pytest.mark.parametrize("attack", SETUP_ATTACKS, ids=lambda attack: attack.name)
def test_the_set_up_holds_an_attempt_to(attack: Attack, driver: Driver, tree: Path) -> None:
    token = uuid4().hex
    answer = install(driver, tree, attack.code, argv=["python3", "-I", "-c", PREAMBLE + attack.code, token])
    assert re.fullmatch(attack.sees, answer["ran"]["output"].strip()), answer["ran"]["output"]
    assert processes_with(token) == []


def test_what_was_refused_is_told(driver: Driver, tree: Path) -> None:
    code = "c = socket.socket(socket.AF_UNIX); c.connect('/dream/proxy')\n"
    code += "c.sendall(b'CONNECT evil.example:443 HTTP/1.1\\r\\n\\r\\n'); c.recv(100)"
    assert install(driver, tree, code)["refused"] == ["evil.example"]


def test_a_layer_is_there_afterwards_and_cannot_be_changed(driver: Driver, tree: Path) -> None:
    made = layer(programs=f"{INSIDE}/bin", scratch=["cache"])
    code = (
        "os.mkdir('/opt/dependencies/bin'); tool = '/opt/dependencies/bin/tool'\n"
        "open(tool, 'w').write('#!/bin/sh\\necho made'); os.chmod(tool, 0o777)\n"
        "os.symlink('/etc/passwd', '/opt/dependencies/link'); os.link(tool, '/opt/dependencies/hard')"
    )
    assert install(driver, tree, code, install=made)["ran"]["exit_code"] == 0
    assert install(driver, tree, "raise SystemExit(1)", install=made)["ran"] is None  # it is there already
    ran = run(driver, tree, "tool; cut -d: -f1 /opt/dependencies/link; ls /opt/dependencies", made)
    assert ran["output"] == "made\nsandbox\nbin\ncache\nhard\nlink\n"
    ran = run(
        driver,
        tree,
        "echo x > /opt/dependencies/bin/tool; rm /opt/dependencies/link; chmod 777 /opt/dependencies",
        made,
    )
    assert ran["exit_code"] != 0
    assert ran["output"].count("Read-only file system") == 3
    assert (
        run(driver, tree, "echo x > /opt/dependencies/cache/x && cat /opt/dependencies/cache/x", made)[
            "output"
        ]
        == "x\n"
    )
    assert run(driver, tree, "ls /opt/dependencies/cache", made)["output"] == ""


def test_what_failed_is_not_kept(driver: Driver, tree: Path) -> None:
    made = layer()
    code = "open('/opt/dependencies/half', 'w'); sys.exit(3)"
    assert install(driver, tree, code, install=made)["ran"]["exit_code"] == 3
    assert install(driver, tree, code, install=made)["ran"]["exit_code"] == 3


@pytest.fixture
def sandbox(tmp_path: Path) -> BwrapSandbox:
    return BwrapSandbox(layers=tmp_path / "layers")


def installation(*argv: str, hosts: tuple[str, ...] = ()) -> Install:
    return Install(argv=argv, layer=Layer(key="a" * 64, inside=INSIDE), hosts=hosts)


def test_more_than_the_disk_is_not_kept(sandbox: BwrapSandbox, tmp_path: Path) -> None:
    script = f"head -c 3000000 /dev/zero > {INSIDE}/a; cp {INSIDE}/a /tmp/b; cp {INSIDE}/a {INSIDE}/b"
    limits = Limits(disk_bytes=4 << 20, wall_seconds=20)
    (tmp_path / "tree").mkdir()
    installed = sandbox.install(
        installation("sh", "-c", f"{script}; true"), tree=tmp_path / "tree", limits=limits
    )
    assert installed.ran is not None
    assert "No space left on device" in installed.ran.output


def test_one_that_takes_too_long_is_ended_and_not_kept(sandbox: BwrapSandbox, tmp_path: Path) -> None:
    installed = sandbox.install(installation("sleep", "60"), tree=tmp_path, limits=Limits(wall_seconds=0.5))
    assert installed.ran is not None
    assert (installed.ran.ended, installed.ok) == ("timeout", False)
    assert [path for path in tmp_path.rglob("*") if path.name == "a" * 64] == []


def test_it_can_be_interrupted(sandbox: BwrapSandbox, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    Timer(0.7, sandbox.kill_all).start()
    with pytest.raises(Interrupted):
        sandbox.install(installation("sleep", "60"), tree=tmp_path / "tree", limits=Limits())
    assert list((tmp_path / "layers").iterdir()) == []


def test_a_host_that_is_none_is_refused_before_anything_runs(sandbox: BwrapSandbox, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="https://x") as caught:
        sandbox.install(installation("true", hosts=("https://x",)), tree=tmp_path, limits=Limits())
    assert caught.value.code == "setup_hosts_invalid"


def test_a_sandbox_without_a_folder_for_layers_says_so(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no folder"):
        BwrapSandbox().install(installation("true"), tree=tmp_path, limits=Limits())


def test_a_layer_that_was_cleared_away_is_worth_another_try(sandbox: BwrapSandbox, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cleared away"):
        sandbox.run(["true"], tree=tmp_path, limits=Limits(), layers=[Layer(key="b" * 64, inside=INSIDE)])


def test_no_descriptor_of_ours_is_left_open(sandbox: BwrapSandbox, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        sandbox.install(installation("false"), tree=tmp_path / "tree", limits=Limits())
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
