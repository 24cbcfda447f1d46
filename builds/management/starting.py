"""What must hold before a service starts: prices, a sandbox, and a store that gives back what it takes."""

from builds.adapters import artifacts, connect
from builds.management.terminal import stop
from builds.ports import Refused, Unavailable


def refuse_without_prices(command: str) -> None:
    """End with one line where the model that stands in could not be paid for."""
    ports = connect()
    if ports.fallback and ports.fallback not in ports.prices:
        why = f"{ports.fallback} has no price; add it to DREAM_MODEL_PRICES"
        stop(command, f"DREAM_FALLBACK_MODEL: {why}", 2)


def refuse_without_sandbox(command: str) -> None:
    """End with one line where generated code could not be kept apart from this machine."""
    probe = connect().sandbox.probe()
    if not probe.ok:
        stop(command, f"{probe.reason} {probe.mend}")


def refuse_without_artifacts(command: str) -> None:
    """End with one line where a build could keep nothing: before it has cost anything.

    A store of its own is asked: an open connection of the ports would be shared by all forks.
    """
    try:
        artifacts().probe()
    except (Refused, Unavailable) as error:
        stop(command, error)
