"""Runs commands in the sandbox as whoever starts it: a line of JSON in, one out."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from builds.adapters.sandbox_bwrap import BwrapSandbox
from builds.sandboxed import Limits

sandbox = BwrapSandbox()
for line in sys.stdin:
    asked = json.loads(line)
    if "argv" in asked:
        ran = sandbox.run(asked["argv"], tree=Path(asked["tree"]), limits=Limits(**asked["limits"]))
        answer = asdict(ran)
    else:
        answer = asdict(sandbox.probe())
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
