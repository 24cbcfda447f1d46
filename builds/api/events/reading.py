"""The database as an event loop reads it: in a few threads, each with a connection only while it reads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from django.db import connections

Found = TypeVar("Found")

MOST_READERS = 4
"""Connections that all streams of a process take together, however many watch."""

READERS = ThreadPoolExecutor(MOST_READERS, thread_name_prefix="events")


async def read(look: Callable[..., Found], *arguments: Any) -> Found:
    """What a function finds that asks the database. Raises what it raises."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(READERS, copy_context().run, closing, look, arguments)


def closing(look: Callable[..., Found], arguments: tuple[Any, ...]) -> Found:
    """A connection that waits in a thread would be one too many, and go stale when Postgres restarts."""
    try:
        return look(*arguments)
    finally:
        connections.close_all()
