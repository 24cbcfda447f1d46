"""Coroutines, in tests that are functions."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Outcome = TypeVar("Outcome")


def finished(work: Coroutine[Any, Any, Outcome]) -> Outcome:
    """What a coroutine comes to. In a thread of its own: the browser's driver keeps a loop in ours."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
