"""Worlds in which something is wrong on purpose. A campaign that finds nothing there would prove nothing."""

from dataclasses import dataclass

from tests.chaos.faults import At, Fault, Script


@dataclass(frozen=True)
class Control:
    """What is wrong, with one run that shows it, and words that the harness then has to say."""

    faults: tuple[Fault, ...]
    says: str
    scheduler: bool = True
    forge_accepts_doubles: bool = False
    stray: bool = False
    patience: float = 25.0  # seconds without an event

    def script(self, number: int) -> Script:
        """The run."""
        return Script(number, "csv-export", "2.00", self.faults)


POST_OF_THE_PULL = At("forge", 12, after=True)
CONTROLS = {
    # Nobody looks for what is due: the worker that was killed with its horse is started again, and sleeps.
    "no_sweep": Control(
        (Fault("both_killed", At("event", event="item.done")),), "it is running at implement", scheduler=False
    ),
    # Nothing is seen when it is looked up, and nothing is refused: a second worker makes a second one.
    "no_look": Control(
        (Fault("both_killed", POST_OF_THE_PULL),), "the pull requests [1, 2]", forge_accepts_doubles=True
    ),
    "stray_process": Control((), "a process was left behind", stray=True),
}
