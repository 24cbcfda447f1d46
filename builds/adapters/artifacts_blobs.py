"""Content-addressed blobs, whatever keeps the bytes: each under its sha256, and checked when it is read."""

from abc import ABC, abstractmethod
from hashlib import sha256

from builds.ports import Refused

PROBE = b"A blob that workers write and read back when they start.\n"


class Blobs(ABC):
    """The ArtifactStore port over two questions: what is under a name, and put this under it."""

    place: str
    """Where it is, as people know it."""

    @abstractmethod
    def read(self, name: str) -> bytes | None:
        """What is there; None when nothing is. Raises Unavailable or Refused."""

    @abstractmethod
    def write(self, name: str, data: bytes) -> None:
        """Put it there, whole or not at all, over whatever is there. Raises Unavailable or Refused."""

    @abstractmethod
    def delete(self, name: str) -> None:
        """Take it away, if it is there. Raises Unavailable or Refused."""

    def remove(self, sha: str) -> None:
        """Delete a blob."""
        self.delete(place_of(sha))

    def put(self, data: bytes) -> str:
        """What is there already is compared and not written again; so a damaged blob is mended."""
        sha = sha256(data).hexdigest()
        if self.read(place_of(sha)) != data:
            self.write(place_of(sha), data)
        return sha

    def get(self, sha: str) -> bytes:
        """Read a blob and check it against its name."""
        data = self.read(place_of(sha))
        if data is None:
            raise Refused("artifact_missing", f"The artifact {sha} is not in {self.place}.")
        if sha256(data).hexdigest() != sha:
            raise Refused(
                "artifact_damaged", f"The artifact {sha} in {self.place} is not what its name says."
            )
        return data

    def probe(self) -> None:
        """Write and read back always the same blob: workers that start at once do not disturb each other."""
        sha = sha256(PROBE).hexdigest()
        self.write(place_of(sha), PROBE)
        self.get(sha)


def place_of(sha: str) -> str:
    """Two levels, so that no folder grows too large; the same everywhere, so that a store can be copied."""
    return f"{sha[:2]}/{sha[2:]}"
