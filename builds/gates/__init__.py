"""The gates, one file each; a station declares which of them stand in front of it."""

from builds.gates.allowed_endpoint import AllowedEndpoint
from builds.gates.allowed_paths import AllowedPaths
from builds.gates.base_fresh import BaseFresh
from builds.gates.gate import Gate
from builds.gates.known_repo import KnownRepo
from builds.gates.no_secrets import NoSecrets
from builds.gates.nothing_destructive import NothingDestructive
from builds.gates.nothing_lost import NothingLost
from builds.gates.plan_approved import PlanApproved
from builds.gates.priced_model import PricedModel
from builds.gates.review_resolved import ReviewResolved
from builds.gates.risk_reviewed import RiskReviewed
from builds.gates.safe_branch import SafeBranch
from builds.gates.trusted import BUILDER, SHIPPER, Trusted
from builds.gates.within_budget import WithinBudget

__all__ = [
    "BUILDER",
    "SHIPPER",
    "AllowedEndpoint",
    "AllowedPaths",
    "BaseFresh",
    "Gate",
    "KnownRepo",
    "NoSecrets",
    "NothingDestructive",
    "NothingLost",
    "PlanApproved",
    "PricedModel",
    "ReviewResolved",
    "RiskReviewed",
    "SafeBranch",
    "Trusted",
    "WithinBudget",
]
