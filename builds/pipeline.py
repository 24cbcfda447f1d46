"""The product on one screen: the stations in order, and the gates in front of each."""

from collections.abc import Callable
from dataclasses import dataclass

from builds.context import Context, Facts
from builds.gates import (
    BUILDER,
    SHIPPER,
    AllowedEndpoint,
    AllowedPaths,
    BaseFresh,
    Gate,
    KnownRepo,
    NoSecrets,
    NothingDestructive,
    NothingLost,
    PlanApproved,
    PricedModel,
    ReviewResolved,
    RiskReviewed,
    SafeBranch,
    Trusted,
    WithinBudget,
)
from builds.outcomes import Outcome
from builds.stations.create_pr import create_pr
from builds.stations.deploy import deploy, wants_deploy
from builds.stations.implement import implement
from builds.stations.intake import intake
from builds.stations.plan import plan
from builds.stations.review import review
from builds.stations.verify import verify


@dataclass(frozen=True)
class Station:
    """One step of the pipeline. `applies` says why it does not apply to a job, or nothing when it does."""

    name: str
    work: Callable[[Context], Outcome]
    gates: tuple[Gate, ...] = ()
    applies: Callable[[Facts], str] | None = None


PIPELINE = (
    Station("intake", intake, gates=(Trusted(BUILDER), KnownRepo(), PricedModel())),
    Station("plan", plan, gates=(AllowedEndpoint(), WithinBudget())),
    Station("implement", implement, gates=(AllowedEndpoint(), PlanApproved(), WithinBudget())),
    Station("verify", verify),
    Station("review", review, gates=(AllowedEndpoint(), NoSecrets(), WithinBudget())),
    Station(
        "create_pr",
        create_pr,
        gates=(
            AllowedPaths(),
            NoSecrets(),
            NothingDestructive(),
            NothingLost(),
            RiskReviewed(),
            ReviewResolved(),
            BaseFresh(),
            SafeBranch(),
        ),
    ),
    Station("deploy", deploy, gates=(Trusted(SHIPPER),), applies=wants_deploy),
)
STATIONS = tuple(station.name for station in PIPELINE)


def station_named(name: str) -> Station:
    """The station of that name. Raises KeyError."""
    return {station.name: station for station in PIPELINE}[name]


def after(name: str) -> str | None:
    """The station that follows, or None after the last."""
    following = STATIONS[STATIONS.index(name) + 1 :]
    return following[0] if following else None
