"""What must hold before a service starts: a sandbox, and a store that takes blobs and gives them back."""

from builds.adapters import connect
from builds.management.terminal import stop
from builds.ports import Refused, Unavailable


def refuse_without_sandbox(command: str) -> None:
    """End with one line where generated code could not be kept apart from this machine."""
    probe = connect().sandbox.probe()
    if not probe.ok:
        stop(command, f"{probe.reason} {probe.mend}")


def refuse_without_artifacts(command: str) -> None:
    """End with one line where a build could keep nothing: before it has cost anything."""
    try:
        connect().artifacts.probe()
    except (Refused, Unavailable) as error:
        stop(command, error)
