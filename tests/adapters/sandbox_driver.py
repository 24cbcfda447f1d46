"""Runs commands in the sandbox as whoever starts it: a line of JSON in, one out."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from builds.adapters.sandbox_bwrap import BwrapSandbox
from builds.sandboxed import Install, Layer, Limits


def answer(sandbox: BwrapSandbox, asked: dict[str, Any]) -> dict[str, Any]:
    """A run, an installation with whether it was kept, or the probe."""
    if "argv" not in asked:
        return asdict(sandbox.probe())
    argv, tree, limits = tuple(asked["argv"]), Path(asked["tree"]), Limits(**asked["limits"])
    layers = [Layer(**layer) for layer in asked.get("layers", ())]
    if "install" not in asked:
        return asdict(sandbox.run(argv, tree=tree, limits=limits, layers=layers))
    install = Install(argv=argv, layer=Layer(**asked["install"]), hosts=tuple(asked["hosts"]))
    return asdict(sandbox.install(install, tree=tree, limits=limits))


with TemporaryDirectory(prefix="dream-layers-") as folder:
    sandbox = BwrapSandbox(layers=Path(folder))
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(sandbox, json.loads(line))) + "\n")
        sys.stdout.flush()
