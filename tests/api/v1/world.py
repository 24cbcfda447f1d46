"""What the tests of `/v1` need: a client, a forge on disk, and sound bodies."""

import json
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.api.world import Api

SPEC = "# Search\n\nFind things.\n\n## Requirements\n\n- A box to type into\n- Results below it\n"
NAMES = count(1)


@dataclass
class V1(Api):
    """A client of `/v1`."""

    front: str = "/v1"

    def order(self, key: str = "", **changes: Any) -> Any:
        """POST a sound run under a key, a fresh one unless it is given."""
        return self.post("/runs", run_body(**changes), **{"Idempotency-Key": key or uuid4().hex})

    def patch(self, path: str, body: Any) -> Any:
        """Change something."""
        return self.send("PATCH", path, body)


def run_body(**changes: Any) -> dict[str, Any]:
    """A spec run for acme/shop; None takes a member away."""
    found = {"repo": {"owner": "acme", "name": "shop"}, "spec": SPEC, **changes}
    return {name: value for name, value in found.items() if value is not None}


def write_issue(root: Path, number: int, **members: Any) -> None:
    """An issue of acme/shop at the forge on disk."""
    folder = root / "acme" / "shop.issues"
    folder.mkdir(parents=True, exist_ok=True)
    members = {"title": "Search is missing", "body": "- A box to type into", **members}
    (folder / f"{number}.json").write_text(json.dumps(members))
