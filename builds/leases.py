"""Lets an adapter ask, right before it speaks to the outside, whether this worker still has its job."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Check = Callable[[], None]


def _nobody_cares() -> None:
    """Outside a worker there is no lease to lose."""


_check: ContextVar[Check] = ContextVar("lease", default=_nobody_cares)


def check_lease() -> None:
    """Raise LeaseLost when the lease may have run out.

    One port call may be several requests: look, then create. A process that was frozen between the two and
    wakes much later would create a second one wherever the other side takes doubles, as GitHub takes
    deployments; the thread that keeps the lease may notice only after that.
    """
    _check.get()()


@contextmanager
def under_lease(check: Check) -> Iterator[None]:
    """Within the block, in this thread, `check_lease` asks this."""
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)
