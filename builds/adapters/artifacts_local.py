"""Artifacts on the local disk, or on one that several machines mount."""

import os
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import BinaryIO

from builds.adapters.artifacts_blobs import PIECE, Blobs
from builds.ports import Unavailable


class LocalArtifacts(Blobs):
    """A folder of blobs."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.place = str(root)

    def read(self, name: str) -> bytes | None:
        """The file of that name."""
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"The artifact store cannot be read: {error}") from error

    def pieces(self, name: str, span: tuple[int, int] | None) -> Generator[bytes] | None:
        """The file of that name, open until its pieces are read or closed."""
        try:
            file = (self.root / name).open("rb")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"The artifact store cannot be read: {error}") from error
        return read_pieces(file, span)

    def delete(self, name: str) -> None:
        """Its folder stays: another blob may be on its way into it."""
        try:
            (self.root / name).unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(f"The artifact store cannot be written: {error}") from error

    def write(self, name: str, data: bytes) -> None:
        """Write beside, then rename: a blob is there whole or not at all."""
        path = self.root / name
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
                beside = Path(file.name)
                try:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                    beside.replace(path)
                except OSError:
                    beside.unlink(missing_ok=True)  # on a full disk each try would leave one
                    raise
        except OSError as error:
            raise Unavailable(f"The artifact store cannot be written: {error}") from error


def read_pieces(file: BinaryIO, span: tuple[int, int] | None) -> Generator[bytes]:
    """An open file or a span of it, which is closed at the end."""
    with file:
        start, stop = span or (0, os.fstat(file.fileno()).st_size)
        try:
            file.seek(start)
            while start < stop and (piece := file.read(min(PIECE, stop - start))):
                start += len(piece)
                yield piece
        except OSError as error:
            raise Unavailable(f"The artifact store cannot be read: {error}") from error
