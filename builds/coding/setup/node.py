"""Node: which manifests count, and how npm, pnpm or yarn makes a node_modules of exactly them."""

import json
from collections.abc import Callable
from typing import Any

from builds.coding.setup.recipe import LISTED, Machine, Recipe, not_supported
from builds.coding.setup.sources import Source

INSIDE = "/checkout/node_modules"
SCRATCH = (".cache", ".vite", ".vite-temp")  # where tools keep what they made in the middle of packages
LOCKS = ("package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock")
SETTINGS = (".npmrc", ".yarnrc", ".yarnrc.yml", "pnpm-workspace.yaml")
DEPENDENCIES = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
MOST_MEMBERS = 200
NPM = "--no-audit --no-fund --no-update-notifier --loglevel=error"
# Without a packageManager in package.json: the release that this corepack knows, with its hash, and not the
# latest. Everything from where npm looks, which an operator may have set.
COREPACK = (
    'registry="$(npm config get registry)"; registry="${registry%/}";'
    ' export COREPACK_NPM_REGISTRY="$registry" npm_config_registry="$registry/"'
    ' YARN_NPM_REGISTRY_SERVER="$registry" COREPACK_HOME=/tmp/corepack'
    " COREPACK_ENABLE_DOWNLOAD_PROMPT=0 COREPACK_DEFAULT_TO_LATEST=0"
)
# A lock of yarn 1 names the host of each package: yarn's own name for npm's registry, which holds the same.
YARN_1 = (
    'usual="$(env -u npm_config_registry corepack yarn config get registry)";'
    ' export YARN_REGISTRY="$registry";'
    ' sed -i "s#\\"${usual%/}/#\\"$registry/#" yarn.lock'
)
LIST = """node -e '
const fs = require("fs"), root = "node_modules", found = [];
const look = (name) => {
  try {
    const told = JSON.parse(fs.readFileSync(`${root}/${name}/package.json`));
    found.push(`${told.name}==${told.version}`);
  } catch {}
};
for (const name of fs.readdirSync(root)) {
  if (!name.startsWith("@")) look(name);
  else for (const inner of fs.readdirSync(`${root}/${name}`)) look(`${name}/${inner}`);
}
fs.writeFileSync(`${root}/LISTED`, found.join("\\n") + "\\n");
'""".replace("LISTED", LISTED)


def node_recipe(source: Source, ask: Callable[[], Machine], *, scripts: bool = True) -> Recipe | None:
    """By the lock that is there; without one what npm chooses now. Raises Refused("setup_unsupported")."""
    manifest = _json(source.read("package.json"))
    lock = next((name for name in LOCKS if source.read(name) is not None), "")
    if manifest is None or not (lock or any(manifest.get(kind) for kind in DEPENDENCIES)):
        return None
    if source.has_folder("node_modules"):
        return None  # the repository brings its own
    machine = ask()
    if not machine.npm:
        raise not_supported("package.json needs npm, which this machine does not have.")
    paths = ["package.json", *([lock] if lock else []), *(name for name in SETTINGS if source.read(name))]
    paths += _members(source, manifest)
    return Recipe(
        ecosystem="node",
        manifests=tuple(paths),
        files={path: _without_scripts(path, source.read(path) or b"") for path in paths},
        commands=(_install(lock, source, machine, scripts=scripts), "mkdir -p node_modules", LIST),
        inside=INSIDE,
        programs=f"{INSIDE}/.bin",
        scratch=SCRATCH,
    )


def _install(lock: str, source: Source, machine: Machine, *, scripts: bool) -> str:
    flag = "" if scripts else " --ignore-scripts"
    if lock in {"", "package-lock.json", "npm-shrinkwrap.json"}:
        return f"npm {'ci' if lock else 'install --no-package-lock'} {NPM}{flag}"
    manager = "pnpm" if lock == "pnpm-lock.yaml" else "yarn"
    if not machine.corepack:
        raise not_supported(
            f"{lock} needs {manager}, which comes by corepack, and there is no corepack here."
        )
    if manager == "pnpm":
        install = "pnpm install --frozen-lockfile --store-dir /tmp/pnpm --reporter append-only"
        return f"{COREPACK}; corepack {install}{flag}"
    if b"# yarn lockfile v1" in (source.read(lock) or b"")[:400]:
        install = f"corepack yarn install --frozen-lockfile --non-interactive --no-progress{flag}"
        return f"{COREPACK}; {YARN_1}; {install}"
    scripted = "true" if scripts else "false"
    linker = f"YARN_NODE_LINKER=node-modules YARN_ENABLE_SCRIPTS={scripted} YARN_ENABLE_GLOBAL_CACHE=false"
    # It reads no HTTPS_PROXY, and trusts nothing but its own list.
    outward = 'YARN_HTTPS_PROXY="$HTTPS_PROXY" YARN_HTTPS_CA_FILE_PATH="${SSL_CERT_FILE:-}"'
    export = f"export {linker} YARN_CACHE_FOLDER=/tmp/yarn {outward}"
    return f"{export}; {COREPACK}; corepack yarn install --immutable"


def _members(source: Source, manifest: dict[str, Any]) -> list[str]:
    """The package.json of each member, where the repository is a workspace of several packages."""
    if not manifest.get("workspaces") and source.read("pnpm-workspace.yaml") is None:
        return []
    found = [path for path in source.paths() if path.endswith("/package.json")]
    return sorted(path for path in found if "node_modules" not in path.split("/"))[:MOST_MEMBERS]


def _without_scripts(path: str, data: bytes) -> bytes:
    """The repository's own scripts build what is not there in a set-up; those of packages are theirs."""
    manifest = _json(data) if path.rpartition("/")[2] == "package.json" else None
    if manifest is None:
        return data
    return json.dumps({key: value for key, value in manifest.items() if key != "scripts"}, indent=2).encode()


def _json(data: bytes | None) -> dict[str, Any] | None:
    try:
        found = json.loads(data) if data is not None else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
