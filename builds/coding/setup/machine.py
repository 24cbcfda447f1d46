"""Asks the sandbox what it has: the markers of its Python, and which tools of Node are there."""

import json
from pathlib import Path

from builds.coding.setup.recipe import Machine
from builds.ports import Refused, Sandbox
from builds.sandboxed import Limits

LIMITS = Limits(wall_seconds=60)
ASK = """
python3 -I -c '
import json, os, platform, sys
v = sys.version_info
full = f"{v[0]}.{v[1]}.{v[2]}" + ("" if v[3] == "final" else v[3][0] + str(v[4]))
told = {"implementation_name": sys.implementation.name, "implementation_version": full}
told |= {"os_name": os.name, "sys_platform": sys.platform, "python_version": f"{v[0]}.{v[1]}"}
for name in ("machine", "release", "system", "version", "python_implementation"):
    told["platform_" + name] = getattr(platform, name)()
print(json.dumps(told | {"python_full_version": platform.python_version()}))
'
for tool in node npm corepack; do
  echo "$tool $(command -v $tool >/dev/null && $tool --version 2>/dev/null)"
done
"""


def ask_machine(sandbox: Sandbox, empty: Path) -> Machine:
    """`empty` is an empty folder. Raises Unavailable, and Refused("setup_failed") without a Python."""
    empty.mkdir(parents=True, exist_ok=True)
    ran = sandbox.run(["sh", "-c", ASK], tree=empty, limits=LIMITS)
    lines = ran.output.splitlines()
    try:
        markers = json.loads(lines[0]) if lines else None
    except ValueError:
        markers = None
    if not isinstance(markers, dict):
        raise Refused("setup_failed", f"The sandbox has no python3 that runs: {ran.output[-500:]}")
    tools = {name: version.strip() for name, _, version in (line.partition(" ") for line in lines[1:])}
    return Machine(
        markers={str(key): str(value) for key, value in markers.items()},
        node=tools.get("node", ""),
        npm=tools.get("npm", ""),
        corepack=tools.get("corepack", ""),
    )
