"""What must hold before a service starts: a sandbox, and a store that takes blobs and gives them back."""

from builds.adapters import artifacts, connect
from builds.management.terminal import stop
from builds.ports import Refused, Unavailable


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
