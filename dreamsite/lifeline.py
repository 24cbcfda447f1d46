"""Ends a process when the one that started it is gone, whatever ended that one: kill -9 leaves no orphans."""

import ctypes
import os
import signal
import sys
import threading
import time

PR_SET_PDEATHSIG = 1
LOOK_SECONDS = 0.5


def tie_to(parent: int, number: signal.Signals = signal.SIGTERM) -> None:
    """From now on the end of the parent sends us a signal; at once when it has ended already.

    To be called in the main thread, by a process that the main thread of `parent` started.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
        watch(parent, number, until=0)  # it may have ended before we asked
    else:
        threading.Thread(target=watch, args=(parent, number), name="lifeline", daemon=True).start()


def watch(parent: int, number: signal.Signals, until: float = float("inf")) -> None:
    """Look until the time given whether the parent still is ours; the way of systems that tell nobody."""
    while os.getppid() == parent:
        if time.monotonic() >= until:
            return
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), number)
