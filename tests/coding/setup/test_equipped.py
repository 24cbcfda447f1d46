"""Dependencies in place: real pip and npm in the real sandbox, and an index on loopback."""

import json
from pathlib import Path

import pytest

from builds.coding.checks import run_check
from builds.coding.setup.equipped import equip
from builds.coding.workspace import Workspace
from builds.evidence import Check
from builds.ports import Refused, Unavailable
from builds.sandboxed import Limits
from tests.coding.setup.world import SetupWorld, make_setup_world
from tests.package_index import Index

pytestmark = pytest.mark.campaign

IMPORTS = "import greeting; print(greeting.WORD)"


@pytest.fixture
def world(index: Index, tmp_path: Path) -> SetupWorld:
    return make_setup_world(index, tmp_path)


def test_requirements_with_their_own_needs_are_there_in_every_run(world: SetupWorld) -> None:
    world.index.add_wheel("word", "1.0", {"word.py": "WORD = 'hello'"})
    world.index.add_wheel("greeting", "2.1", {"greeting.py": "from word import WORD"}, needs="word>=1")
    context, workspace = world.open({"requirements.txt": "greeting==2.1\n"})
    context = equip(context, workspace)
    ran = context.sandbox.run(["python3", "-c", IMPORTS], tree=workspace.root, limits=Limits())
    assert (ran.exit_code, ran.output) == (0, "hello\n")
    [setup] = world.setups
    assert (setup.outcome, setup.manifests, setup.reused) == ("installed", ("requirements.txt",), False)
    assert set(setup.installed) == {"greeting==2.1", "word==1.0"}


def test_a_second_job_of_the_repository_uses_the_layer_again(world: SetupWorld) -> None:
    world.index.add_wheel("greeting", "2.1", {"greeting.py": "WORD = 'hello'"})
    equip(*world.open({"requirements.txt": "greeting==2.1\n"}))
    world.index.asked.clear()
    equip(*world.open({"requirements.txt": "greeting==2.1\n", "other.py": ""}))
    assert world.index.asked == []
    assert [setup.reused for setup in world.setups] == [False, True]
    assert world.setups[1].installed == ("greeting==2.1",)


def test_another_repository_with_the_same_lock_gets_a_layer_of_its_own(world: SetupWorld) -> None:
    world.index.add_wheel("greeting", "2.1", {"greeting.py": "WORD = 'hello'"})
    manifests = {"requirements.txt": "greeting==2.1\n"}
    equip(*world.open(manifests))
    world.index.asked.clear()
    equip(*world.open(manifests, owner="stranger"))
    assert world.index.asked
    assert len({setup.layer for setup in world.setups}) == 2


def test_a_repository_without_manifests_installs_nothing(world: SetupWorld) -> None:
    context, workspace = world.open({"app.py": ""})
    context = equip(context, workspace)
    assert context.sandbox.run(["true"], tree=workspace.root, limits=Limits()).exit_code == 0
    assert (world.setups, world.index.asked) == ([], [])


def test_policy_can_turn_it_off(world: SetupWorld) -> None:
    context, workspace = world.open({"requirements.txt": "missing==1\n"}, setup="off")
    assert equip(context, workspace) is context


def test_a_package_that_is_missing_fails_with_the_end_of_what_pip_said(world: SetupWorld) -> None:
    with pytest.raises(Refused, match=r"requirements\.txt could not be installed \(exit 1\)") as caught:
        equip(*world.open({"requirements.txt": "no-such-package==1\n"}))
    assert caught.value.code == "setup_failed"
    assert "No matching distribution found for no-such-package==1" in str(caught.value)
    assert [setup.outcome for setup in world.setups] == ["failed"]


def test_a_wrong_hash_installs_nothing(world: SetupWorld) -> None:
    world.index.add_wheel("greeting", "2.1", {"greeting.py": ""})
    with pytest.raises(Refused, match="THESE PACKAGES DO NOT MATCH THE HASHES"):
        equip(*world.open({"requirements.txt": f"greeting==2.1 --hash=sha256:{'0' * 64}\n"}))


def test_an_index_that_a_requirement_file_names_is_refused_and_listed(world: SetupWorld) -> None:
    lines = "-i https://packages.example/simple\ngreeting==2.1\n"
    with pytest.raises(Refused, match=r"Refused by the allow-list: packages\.example\."):
        equip(*world.open({"requirements.txt": lines}))
    assert world.setups[0].refused == ("packages.example",)


def test_an_index_that_is_down_is_worth_another_try(world: SetupWorld) -> None:
    context, workspace = world.open({"requirements.txt": "greeting==2.1\n"}, hosts=("nowhere.invalid",))
    world.variables["PIP_INDEX_URL"] = "https://nowhere.invalid/simple"
    with pytest.raises(Unavailable, match=r"could not reach nowhere\.invalid"):
        equip(context, workspace)


def change(workspace: Workspace, path: str, text: str) -> None:
    workspace.write(path, text.encode())


def test_a_changed_manifest_is_installed_for_its_own_tree_alone(world: SetupWorld) -> None:
    world.index.add_wheel("greeting", "2.1", {"greeting.py": "WORD = 'hello'"})
    world.index.add_wheel("extra", "1.0", {"extra.py": ""})
    context, workspace = world.open({"requirements.txt": "greeting==2.1\n"})
    context = equip(context, workspace)
    base = workspace.base_tree
    change(workspace, "requirements.txt", "greeting==2.1\nextra==1.0\n")
    argv = ["python3", "-c", "import extra"]
    assert context.sandbox.run(argv, tree=workspace.root, limits=Limits()).exit_code == 0
    workspace.reset_to(base)
    assert context.sandbox.run(argv, tree=workspace.root, limits=Limits()).exit_code == 1
    assert [setup.scripts for setup in world.setups] == [True, False]


HARMLESS = """
def build_wheel(folder, config=None, metadata=None):
    import zipfile, pathlib
    with zipfile.ZipFile(pathlib.Path(folder, "built-1.0-py3-none-any.whl"), "w") as archive:
        archive.writestr("built.py", "")
        said = "Metadata-Version: 2.1\\nName: built\\nVersion: 1.0\\n"
        archive.writestr("built-1.0.dist-info/METADATA", said)
        said = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
        archive.writestr("built-1.0.dist-info/WHEEL", said)
        archive.writestr("built-1.0.dist-info/RECORD", "")
    return "built-1.0-py3-none-any.whl"
"""


def test_source_packages_are_built_for_the_base_and_never_for_a_change(world: SetupWorld) -> None:
    world.index.add_source("built", "1.0", HARMLESS)
    context, workspace = world.open({"requirements.txt": "built==1.0\n"})
    context = equip(context, workspace)
    change(workspace, "requirements.txt", "built==1.0\n\n# changed\n")
    run = run_check(context.sandbox, Check(name="lint", argv=("true",)), workspace, phase="item")
    assert run.outcome == "not_verified"
    assert "could not be installed without running code of packages" in run.reason
    assert "No matching distribution found for built==1.0" in run.output


def test_npm_packages_stand_where_node_looks_for_them(world: SetupWorld) -> None:
    integrity = world.index.add_npm("greeting", "2.1.0", {"index.js": "module.exports = 'hello'"})
    manifest = {
        "name": "app",
        "version": "1.0.0",
        "dependencies": {"greeting": "2.1.0"},
        "scripts": {"prepare": "false"},
    }
    lock = {
        "name": "app",
        "version": "1.0.0",
        "lockfileVersion": 3,
        "packages": {
            "": {"name": "app", "version": "1.0.0", "dependencies": {"greeting": "2.1.0"}},
            "node_modules/greeting": {"version": "2.1.0", "integrity": integrity},
        },
    }
    files = {"package.json": json.dumps(manifest), "package-lock.json": json.dumps(lock), "sub/app.js": ""}
    context, workspace = world.open(files)
    context = equip(context, workspace)
    script = "cd sub && node -e 'console.log(require(`greeting`))' && mkdir ../node_modules/.cache/x"
    ran = context.sandbox.run(["sh", "-c", script], tree=workspace.root, limits=Limits())
    assert (ran.exit_code, ran.output) == (0, "hello\n")
    assert world.setups[0].installed == ("greeting==2.1.0",)
    assert world.setups[0].manifests == ("package.json", "package-lock.json")


def test_install_scripts_of_npm_packages_run_for_the_base_and_never_for_a_change(world: SetupWorld) -> None:
    world.index.add_npm("builds", "1.0.0", {}, scripts={"postinstall": "echo made > made.txt"})
    manifest = {"name": "app", "version": "1.0.0", "dependencies": {"builds": "1.0.0"}}
    context, workspace = world.open({"package.json": json.dumps(manifest)})
    context = equip(context, workspace)
    look = ["test", "-f", "node_modules/builds/made.txt"]
    assert context.sandbox.run(look, tree=workspace.root, limits=Limits()).exit_code == 0
    change(workspace, "package.json", json.dumps({**manifest, "version": "1.0.1"}))
    assert context.sandbox.run(look, tree=workspace.root, limits=Limits()).exit_code == 1


def test_a_repository_that_brings_its_packages_keeps_them(world: SetupWorld) -> None:
    manifest = {"name": "app", "version": "1.0.0", "dependencies": {"own": "1.0.0"}}
    own = {"node_modules/own/index.js": "module.exports = 'own'", "package.json": json.dumps(manifest)}
    context, workspace = world.open(own)
    context = equip(context, workspace)
    argv = ["node", "-e", "console.log(require('own'))"]
    assert context.sandbox.run(argv, tree=workspace.root, limits=Limits()).output == "own\n"
    assert world.setups == []
