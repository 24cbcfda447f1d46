"""Readers of event streams over a socket, as plain as a browser's EventSource, and as many as one likes."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Watcher:
    """One reader: its status, headers, and everything that it was told."""

    url: str
    headers: dict[str, str]
    status: int = 0
    answered: dict[str, str] = field(default_factory=dict)
    frames: list[dict[str, str]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)

    @property
    def ids(self) -> list[int]:
        """The numbers of the events, in the order in which they came."""
        return [int(frame["id"]) for frame in self.frames if "id" in frame]

    def data(self, number: int) -> Any:
        """What a frame says."""
        return json.loads(self.frames[number]["data"])

    async def watch(self) -> "Watcher":
        """Read until the other side ends it."""
        async for frame in self.follow():
            self.frames.append(frame)
        return self

    async def follow(self) -> AsyncIterator[dict[str, str]]:
        """Each frame as it comes. HTTP/1.0, so that the body is not cut into chunks."""
        parts = urlsplit(self.url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            target = f"{parts.path}?{parts.query}" if parts.query else parts.path
            given = {"Host": parts.netloc, "Accept": "text/event-stream", **self.headers}
            lines = [f"GET {target} HTTP/1.0", *(f"{name}: {value}" for name, value in given.items()), "", ""]
            writer.write("\r\n".join(lines).encode())
            await writer.drain()
            await self.read_head(reader)
            frame: dict[str, str] = {}
            while line := await reader.readline():
                text = line.decode().rstrip("\n")
                if text.startswith(":"):
                    self.comments.append(text[1:].strip())
                elif text:
                    name, _, value = text.partition(": ")
                    frame[name] = value
                elif frame:
                    yield frame
                    frame = {}
        finally:
            writer.close()

    async def read_head(self, reader: asyncio.StreamReader) -> None:
        """Status and headers."""
        self.status = int((await reader.readline()).split()[1])
        while line := (await reader.readline()).decode().strip():
            name, _, value = line.partition(": ")
            self.answered[name.lower()] = value
