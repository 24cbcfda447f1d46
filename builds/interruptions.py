"""Why work has to stop in the middle: not an error of anybody, and nothing to try again."""


class Interrupted(Exception):
    """The work has to stop now."""


class Canceled(Interrupted):
    """A person canceled the job."""


class LeaseLost(Interrupted):
    """Another worker has the job; nothing may be written any more."""


class Halted(Interrupted):
    """An operator halted everything; the job goes on when the halt is lifted."""


class Overdue(Interrupted):
    """The station has taken longer than it may."""


class ShuttingDown(Interrupted):
    """This worker was asked to stop; the job goes on elsewhere."""
