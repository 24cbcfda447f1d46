"""Artifacts on the local disk, each under its sha256."""

import os
import tempfile
from hashlib import sha256
from pathlib import Path

from builds.ports import Refused, Unavailable


class LocalArtifacts:
    """A folder of blobs; two levels, so that no folder grows too large."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, data: bytes) -> str:
        """Write beside, then rename: a blob is there whole or not at all."""
        sha = sha256(data).hexdigest()
        path = self.path(sha)
        if path.exists():
            return sha
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(file.name).replace(path)
        except OSError as error:
            raise Unavailable(f"The artifact store cannot be written: {error}") from error
        return sha

    def get(self, sha: str) -> bytes:
        """Read a blob and check it against its name."""
        try:
            data = self.path(sha).read_bytes()
        except FileNotFoundError:
            raise Refused("artifact_missing", f"The artifact {sha} is not in the store.") from None
        except OSError as error:
            raise Unavailable(f"The artifact store cannot be read: {error}") from error
        if sha256(data).hexdigest() != sha:
            raise Refused("artifact_damaged", f"The artifact {sha} does not hold what its name says.")
        return data

    def path(self, sha: str) -> Path:
        """Where a blob is kept."""
        return self.root / sha[:2] / sha[2:]
