"""What the set-up phase installed, in a line each: for the pull request, the terminal and the review page."""

from builds.context import Evidence
from builds.evidence import SetupRun

NAMED = 4


def setup_lines(evidence: Evidence) -> tuple[str, ...]:
    """The newest set-up of each layer, oldest first."""
    newest = {setup.layer: setup for setup in evidence.setups}
    return tuple(setup_line(setup) for setup in newest.values())


def setup_line(setup: SetupRun) -> str:
    """Which manifests, how much of what, how, and who was asked for in vain."""
    named = ", ".join(setup.manifests[:NAMED])
    more = f" and {len(setup.manifests) - NAMED} more" if len(setup.manifests) > NAMED else ""
    parts = [f"{setup.ecosystem} dependencies of {named}{more}"]
    if setup.outcome == "failed":
        parts.append("could not be installed")
    else:
        how = "kept from an earlier set-up" if setup.reused else f"installed in {setup.seconds:.0f} s"
        parts.append(f"{len(setup.installed)} packages, {how}" if setup.installed else how)
    if not setup.scripts:
        parts.append("changed by this job, so no package ran code of its own")
    if setup.refused:
        hosts = ", ".join(setup.refused[:NAMED])
        parts.append(f"refused hosts: {hosts}" + (" and more" if len(setup.refused) > NAMED else ""))
    return "; ".join(parts)
