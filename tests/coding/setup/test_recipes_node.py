"""Who installs what a package.json names, and what cannot be installed here."""

import json

import pytest

from builds.coding.setup.recipe import Machine
from builds.ports import Refused
from tests.coding.setup.manifests import node

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
