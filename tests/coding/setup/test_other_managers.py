"""pnpm and yarn by corepack, with a real package of their registry; said to be missing where corepack is."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from builds.adapters.model_scripted import ScriptedModel
from builds.adapters.sandbox_bwrap import BwrapSandbox
from builds.coding.setup.equipped import equip
from builds.policy import Policy
from builds.ports import Refused
from builds.sandboxed import Limits
from tests.coding.world import make_context, make_workspace

pytestmark = pytest.mark.campaign

MS = "sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA=="
PNPM = f"""
lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      ms:
        specifier: 2.1.3
        version: 2.1.3
packages:
  ms@2.1.3:
    resolution: {{integrity: {MS}}}
snapshots:
  ms@2.1.3: {{}}
"""
YARN_1 = f"""# yarn lockfile v1


ms@2.1.3:
  version "2.1.3"
  integrity {MS}
"""
YARN_4 = """
__metadata:
  version: 8
  cacheKey: 10c0

"app@workspace:.":
  version: 0.0.0-use.local
  resolution: "app@workspace:."
  dependencies:
    ms: "npm:2.1.3"
  languageName: unknown
  linkType: soft

"ms@npm:2.1.3":
  version: 2.1.3
  resolution: "ms@npm:2.1.3"
  checksum: 10c0/CHECKSUM
  languageName: node
  linkType: hard
""".replace(
    "CHECKSUM",
    "d924b57e7312b3b63ad21fc5b3dc0af5e78d61a1fc7cfb5457edaf26326bf62b"
    "e5307cc87ffb6862ef1c2b33b0233cdb5d4f01c4c958cc0d660948b65a287a48",
)


@pytest.mark.parametrize(
    ("lock", "text", "manager"),
    [
        ("pnpm-lock.yaml", PNPM, {}),
        ("yarn.lock", YARN_1, {}),
        ("yarn.lock", YARN_4, {"packageManager": "yarn@4.5.0"}),
    ],
    ids=["pnpm", "yarn 1", "yarn 4"],
)
def test_another_manager_installs_its_lock(
    lock: str, text: str, manager: dict[str, str], tmp_path: Path
) -> None:
    manifest = {"name": "app", "version": "1.0.0", "dependencies": {"ms": "2.1.3"}, **manager}
    workspace = make_workspace(tmp_path, {"package.json": json.dumps(manifest), lock: text})
    sandbox = BwrapSandbox(layers=tmp_path / "layers")
    context = make_context(tmp_path, ScriptedModel(()), sandbox=sandbox)
    repo = replace(context.facts.repo, policy=Policy())
    context = replace(context, facts=replace(context.facts, repo=repo))
    if shutil.which("corepack", path="/usr/local/bin:/usr/bin:/bin") is None:
        with pytest.raises(Refused, match="there is no corepack here"):
            equip(context, workspace)
        return
    argv = ["node", "-p", "require('ms')('2 days')"]
    ran = equip(context, workspace).sandbox.run(argv, tree=workspace.root, limits=Limits())
    assert (ran.exit_code, ran.output) == (0, "172800000\n")
