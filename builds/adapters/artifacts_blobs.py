"""Content-addressed blobs, whatever keeps the bytes: each under its sha256, and checked when it is read."""

from abc import ABC, abstractmethod
from collections.abc import Generator
from contextlib import closing
from hashlib import sha256

from builds.ports import Refused

PIECE = 64 * 1024
"""Bytes that are in memory at once while a blob is streamed, or two of them."""

PROBE = b"A blob that workers write and read back when they start.\n"


class Blobs(ABC):
    """The ArtifactStore port over two questions: what is under a name, and put this under it."""

    place: str
    """Where it is, as people know it."""

    @abstractmethod
    def read(self, name: str) -> bytes | None:
        """What is there; None when nothing is. Raises Unavailable or Refused."""

    @abstractmethod
    def pieces(self, name: str, span: tuple[int, int] | None) -> Generator[bytes] | None:
        """What is there, or a span of it, PIECE by PIECE; None when nothing is. Raises as `read` does."""

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
            raise self.missing(sha)
        if sha256(data).hexdigest() != sha:
            raise self.damaged(sha)
        return data

    def stream(self, sha: str, span: tuple[int, int] | None = None) -> Generator[bytes]:
        """Opened at once, read as it is asked for."""
        pieces = self.pieces(place_of(sha), span)
        if pieces is None:
            raise self.missing(sha)
        return self.checked(pieces, sha) if span is None else pieces

    def checked(self, pieces: Generator[bytes], sha: str) -> Generator[bytes]:
        """The same pieces; the last is held back until all of them are what the name says."""
        seen, held = sha256(), b""
        with closing(pieces):
            for piece in pieces:
                if held:
                    yield held
                seen.update(piece)
                held = piece
        if seen.hexdigest() != sha:
            raise self.damaged(sha)
        yield held

    def missing(self, sha: str) -> Refused:
        """Nothing is there."""
        return Refused("artifact_missing", f"The artifact {sha} is not in {self.place}.")

    def damaged(self, sha: str) -> Refused:
        """Something else is there."""
        return Refused("artifact_damaged", f"The artifact {sha} in {self.place} is not what its name says.")

    def probe(self) -> None:
        """Write and read back always the same blob: workers that start at once do not disturb each other."""
        sha = sha256(PROBE).hexdigest()
        self.write(place_of(sha), PROBE)
        self.get(sha)


def place_of(sha: str) -> str:
    """Two levels, so that no folder grows too large; the same everywhere, so that a store can be copied."""
    return f"{sha[:2]}/{sha[2:]}"
