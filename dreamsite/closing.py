"""Whether this web process is asked to stop: an answer that goes on for minutes has to hear of it."""

from collections.abc import Callable


class Closing:
    """What the server says once, in its event loop, to all who want to hear it."""

    def __init__(self) -> None:
        self.asked = False
        self.listeners: set[Callable[[], None]] = set()

    def tell(self) -> None:
        """From now on nothing new is begun."""
        self.asked = True
        for listener in list(self.listeners):
            listener()


CLOSING = Closing()
