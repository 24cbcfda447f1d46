"""Whether everything is halted: asked before each claim and each model call, and by every pulse."""

from builds.models import Halt
from builds.ports import Halted


def current() -> Halt | None:
    """The halt that nobody has lifted yet."""
    return Halt.objects.filter(lifted_at=None).first()


def check() -> None:
    """Raise Halted while there is one."""
    halt = current()
    if halt is not None:
        raise Halted(str(halt))
