"""Trouble of our own house, a full disk or a lost database: no job is to blame, so none pays a try."""

import errno
import os

from django.db import InterfaceError, OperationalError

from builds.ports import Unavailable

FULL = os.strerror(errno.ENOSPC)
"""What tools say of a full disk; ours run in the C locale."""

AWAY = ("08", "57P")
"""SQLSTATE classes of Postgres for a lost connection and for a server that starts or stops."""


def host_trouble(error: Exception) -> str:
    """A sentence for ops where the error is a full disk or a lost database; else empty."""
    if isinstance(error, OSError | Unavailable) and FULL in str(error):
        return f"The disk of this worker is full: {error}"
    if isinstance(error, InterfaceError) or (isinstance(error, OperationalError) and is_away(error)):
        return "The database went away while this station worked; what was saved before is kept."
    return ""


def is_away(error: OperationalError) -> bool:
    """Whether the server was gone. It was not where it answered: a lock, a statement that took too long."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(AWAY)
