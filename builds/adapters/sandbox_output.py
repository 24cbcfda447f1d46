"""What a sandboxed command printed, kept within its limit: the beginning and the end."""

from collections import deque


class Output:
    """Bytes as they come; keeps the first and the last half of `limit` bytes and counts the rest."""

    def __init__(self, limit: int) -> None:
        self.total = 0
        self._head_room = (limit + 1) // 2
        self._tail_room = limit - self._head_room
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_size = 0

    def add(self, data: bytes) -> None:
        """Take the next bytes; memory stays within the limit and one chunk more."""
        self.total += len(data)
        room = self._head_room - len(self._head)
        self._head += data[:room]
        if rest := data[room:]:
            self._tail.append(rest)
            self._tail_size += len(rest)
        while self._tail and self._tail_size - len(self._tail[0]) >= self._tail_room:
            self._tail_size -= len(self._tail.popleft())

    @property
    def truncated(self) -> bool:
        """Whether some of it was left out."""
        return self.total > self._head_room + self._tail_room

    @property
    def text(self) -> str:
        """Head and tail as text; bytes that are no UTF-8 become U+FFFD, a gap says how much is missing."""
        tail = b"".join(self._tail)
        if not self.truncated:
            return (self._head + tail).decode("utf-8", "replace")
        tail = tail[len(tail) - self._tail_room :]
        missing = self.total - len(self._head) - len(tail)
        gap = f"\n[... {missing} bytes left out ...]\n"
        return self._head.decode("utf-8", "replace") + gap + tail.decode("utf-8", "replace")
