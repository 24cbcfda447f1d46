"""Which manifests count, and what is installed because of them."""

import json

import pytest

from builds.coding.setup.python import OWN
from builds.coding.setup.recipe import Machine
from builds.ports import Refused
from tests.coding.setup.manifests import LINUX, MACHINE, calls, node, python


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"app.py": ""},
        {"requirements.txt": "\n# nothing\n" * 0},
        {"pyproject.toml": "[tool.ruff]\n"},
        {"pyproject.toml": "this is no TOML"},
        {"setup.py": "setup(install_requires=['x'])"},
    ],
)
def test_without_dependencies_there_is_no_recipe(files: dict[str, str]) -> None:
    assert python(files) is None


def test_requirement_files_for_use_and_for_tests_are_installed_together() -> None:
    recipe = python({"requirements.txt": "a\n", "requirements-dev.txt": "-r requirements.txt\nb\n"})
    assert calls(recipe) == ["-r 'requirements.txt' -r 'requirements-dev.txt'"]


def test_what_a_file_includes_comes_along_and_nothing_from_outside() -> None:
    files = {"requirements/test.txt": "-r base.txt\n-c ../limits.txt\n-r ../../etc/x\nt\n"}
    recipe = python({**files, "requirements/base.txt": "b\n", "limits.txt": "b<2\n"})
    assert recipe is not None
    assert recipe.manifests == ("requirements/test.txt", "requirements/base.txt", "limits.txt")


def test_lines_that_name_the_repository_itself_are_left_out() -> None:
    lines = "-e .\n--editable .[test]\n.\n./sub\n../up\nfile:.\nreal==1 # .\n.hidden-name\n"
    recipe = python({"requirements.txt": lines})
    assert recipe is not None
    assert recipe.files["requirements.txt"] == b"real==1 # .\n.hidden-name\n"


def test_files_with_hashes_are_installed_one_by_one_and_alone() -> None:
    project = '[project]\nname = "x"\ndependencies = ["own"]\n'
    hashed = {"requirements.txt": "a==1 --hash=sha256:00\n", "requirements-dev.txt": "b\n"}
    assert calls(python({**hashed, "pyproject.toml": project})) == [
        "-r 'requirements.txt'",
        "-r 'requirements-dev.txt'",
    ]


def test_a_project_gives_its_dependencies_and_those_of_its_tests() -> None:
    project = """
[project]
name = "My.Package"
dependencies = ["a>=1"]
[project.optional-dependencies]
test = ["b", "my-package[docs]"]
docs = ["sphinx"]
[dependency-groups]
dev = ["c", {include-group = "lint"}]
lint = ["d", {include-group = "dev"}]
release = ["twine"]
"""
    recipe = python({"pyproject.toml": project})
    assert recipe is not None
    assert recipe.files[OWN] == b"a>=1\nb\nc\nd\n"
    assert recipe.manifests == ("pyproject.toml",)


def test_setup_cfg_gives_the_same() -> None:
    config = "[options]\ninstall_requires =\n  a\n  b\n[options.extras_require]\ntests = c\ndocs = d\n"
    recipe = python({"setup.cfg": config})
    assert recipe is not None
    assert recipe.files[OWN] == b"a\nb\nc\n"


def test_files_that_the_repository_names_are_the_only_ones() -> None:
    files = {"requirements.txt": "a\n", "ci/all.txt": "b\n", "uv.lock": "", "pyproject.toml": "[project]\n"}
    assert calls(python(files, named=("ci/all.txt",))) == ["-r 'ci/all.txt'"]
    with pytest.raises(Refused, match=r"names ci/none\.txt, which is not there"):
        python(files, named=("ci/none.txt",))


def test_without_scripts_only_wheels_are_taken() -> None:
    recipe = python({"requirements.txt": "a\n"}, scripts=False)
    assert recipe is not None
    assert [" --only-binary :all: " in line for line in recipe.commands if " install " in line] == [True]


def test_the_checkout_looks_installed() -> None:
    project = '[project]\nname = "My.Package"\ndynamic = ["version"]\ndependencies = ["a"]\n'
    project += (
        '[project.scripts]\ntool = "my.package:main"\n[project.entry-points.pytest11]\nmine = "my.plugin"\n'
    )
    recipe = python({"pyproject.toml": project, "PKG-INFO": "Metadata-Version: 2.1\nVersion: 3.1\n"})
    assert recipe is not None
    folder = ".dream-setup/site/my_package-3.1.dist-info"
    assert b"Name: My.Package\nVersion: 3.1\n" in recipe.files[f"{folder}/METADATA"]
    assert recipe.files[f"{folder}/entry_points.txt"] == (
        b"[console_scripts]\ntool = my.package:main\n[pytest11]\nmine = my.plugin\n"
    )


MANIFEST = {"name": "app", "version": "1.0.0", "dependencies": {"a": "1"}, "scripts": {"prepare": "rm -fr /"}}
PACKAGE = {"package.json": json.dumps(MANIFEST)}


@pytest.mark.parametrize(
    ("lock", "text", "command"),
    [
        ("", "", "npm install --no-package-lock"),
        ("package-lock.json", "{}", "npm ci"),
        ("npm-shrinkwrap.json", "{}", "npm ci"),
        ("pnpm-lock.yaml", "", "corepack pnpm install --frozen-lockfile"),
        ("yarn.lock", "# yarn lockfile v1\n", "corepack yarn install --frozen-lockfile"),
        ("yarn.lock", "__metadata:\n", "corepack yarn install --immutable"),
    ],
)
def test_the_lock_says_who_installs(lock: str, text: str, command: str) -> None:
    files = {**PACKAGE, lock: text} if lock else PACKAGE
    allowed, forbidden = node(files), node(files, scripts=False)
    assert allowed is not None
    assert forbidden is not None
    assert command in allowed.commands[0]
    assert "--ignore-scripts" in forbidden.commands[0] or "YARN_ENABLE_SCRIPTS=false" in forbidden.commands[0]
    assert "--ignore-scripts" not in allowed.commands[0]
    assert b"rm -fr" not in allowed.files["package.json"]


@pytest.mark.parametrize("lock", ["pnpm-lock.yaml", "yarn.lock"])
def test_without_corepack_pnpm_and_yarn_are_not_supported_here(lock: str) -> None:
    with pytest.raises(Refused, match="there is no corepack here") as caught:
        node({**PACKAGE, lock: ""}, machine=Machine(node="v20", npm="10"))
    assert caught.value.code == "setup_unsupported"


def test_without_npm_node_is_not_supported_here() -> None:
    with pytest.raises(Refused, match="needs npm"):
        node(PACKAGE, machine=Machine())


@pytest.mark.parametrize("text", ["{}", "[]", "no JSON", '{"scripts": {"test": "node --test"}}'])
def test_a_package_without_dependencies_has_no_recipe(text: str) -> None:
    assert node({"package.json": text}, machine=Machine()) is None


def test_members_of_a_workspace_bring_their_manifests() -> None:
    files = {
        "package.json": json.dumps({**MANIFEST, "workspaces": ["packages/*"]}),
        "packages/b/package.json": "{}",
    }
    recipe = node({**files, "packages/b/node_modules/c/package.json": "{}", "package-lock.json": "{}"})
    assert recipe is not None
    assert recipe.manifests == ("package.json", "package-lock.json", "packages/b/package.json")


def test_the_key_of_a_layer_holds_all_that_it_is_made_of() -> None:
    files = {"requirements.txt": "a\n"}
    recipe = python(files)
    assert recipe is not None
    key = recipe.key("me/app", MACHINE, ("x.example",))
    again = python({**files, "app.py": "changed"})
    other = python({"requirements.txt": "b\n"})
    quiet = python(files, scripts=False)
    assert again is not None and other is not None and quiet is not None  # noqa: PT018
    newer = Machine(markers={**LINUX, "python_full_version": "3.12.0"})
    assert again.key("me/app", MACHINE, ("x.example",)) == key
    different = {
        other.key("me/app", MACHINE, ("x.example",)),
        quiet.key("me/app", MACHINE, ("x.example",)),
        recipe.key("you/app", MACHINE, ("x.example",)),
        recipe.key("me/app", newer, ("x.example",)),
        recipe.key("me/app", MACHINE, ("y.example",)),
    }
    assert len(different | {key}) == 6
