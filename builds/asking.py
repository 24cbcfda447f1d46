"""Asks all gates of a station, and turns what they want into one question bound to what is shown."""

from dataclasses import dataclass, replace
from hashlib import sha256

from builds.canonical import canonical_json
from builds.context import Facts
from builds.evidence import Finding
from builds.outcomes import STRICTNESS, Fail, MayDecide, Pass, Pause, Verdict, Wait
from builds.pipeline import Station
from builds.words import counted


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a person is asked: why the job stops, what a yes and a no do, and for exactly which content."""

    station: str
    gates: tuple[str, ...]
    reason: str
    findings: tuple[Finding, ...]
    may_decide: MayDecide
    on_approve: str
    on_reject: str
    content_hash: str


def hear(station: Station, facts: Facts) -> list[tuple[str, Verdict]]:
    """What each gate of a station says, by its name."""
    return [(type(gate).__name__, gate.ask(facts)) for gate in station.gates]


def noted(facts: Facts, verdicts: list[tuple[str, Verdict]]) -> Facts:
    """The facts with what gates told, for the pull request: what was let pass, and what a person approved."""
    told = [each for _, verdict in verdicts if isinstance(verdict, Pass | Pause) for each in verdict.findings]
    return replace(facts, evidence=replace(facts.evidence, noted=tuple(dict.fromkeys(told))))


def answer(
    station: Station, facts: Facts, verdicts: list[tuple[str, Verdict]]
) -> Fail | Wait | Question | None:
    """The strictest of a station's gates, None when all pass: a no, then a wait, then a question."""
    for kind in (Fail, Wait):
        for _, verdict in verdicts:
            if isinstance(verdict, kind):
                return verdict
    pauses = [(name, verdict) for name, verdict in verdicts if isinstance(verdict, Pause)]
    return question(station.name, pauses, facts) if pauses else None


def question(station: str, pauses: list[tuple[str, Pause]], facts: Facts) -> Question:
    """All pauses as one question; the strictest `may decide` holds, and four eyes where policy wants them."""
    findings = tuple(dict.fromkeys(finding for _, pause in pauses for finding in pause.findings))
    strictest = max((pause.may_decide for _, pause in pauses), key=STRICTNESS.index)
    if facts.repo.policy.four_eyes == "always":
        strictest = "other_reviewer"
    elif facts.repo.policy.four_eyes == "never":
        strictest = min(strictest, "reviewer", key=STRICTNESS.index)
    subject = next((pause.subject for _, pause in pauses if pause.subject), "")
    approve, reject = consequences(station, facts)
    return Question(
        station=station,
        gates=tuple(name for name, _ in pauses),
        reason="; ".join(pause.reason for _, pause in pauses),
        findings=findings,
        may_decide=strictest,
        on_approve=approve,
        on_reject=reject,
        content_hash=content_hash(station, findings, subject, facts),
    )


def content_hash(station: str, findings: tuple[Finding, ...], subject: str, facts: Facts) -> str:
    """What a yes is for. No cost, time, wording or test output: asking again gives the same hash."""
    intake = facts.evidence.intake
    content = {
        "station": station,
        "base_sha": intake.base_sha if intake else "",
        "subject": subject or facts.evidence.tree_sha,
        "findings": sorted(finding.mark for finding in findings),
        "policy_version": facts.repo.policy.version,
    }
    return sha256(canonical_json(content)).hexdigest()


def consequences(station: str, facts: Facts) -> tuple[str, str]:
    """What a yes and a no do, in one sentence each."""
    branch = facts.evidence.intake.branch if facts.evidence.intake else "the branch"
    stop = "The build stops as rejected, nothing is pushed, and the requester is told your comment."
    match station:
        case "implement":
            count = len(facts.evidence.plan.items) if facts.evidence.plan else 0
            items = counted(count, "work item")
            return f"The build writes the code for {items}; nothing is pushed yet.", stop
        case "review":
            return "The second model is shown the diff, with what looks like a secret masked.", stop
        case "create_pr":
            where = f"{facts.repo.name}, from {branch} into {facts.job.base_branch}"
            return f"The branch {branch} is pushed and one pull request is opened on {where}. No merge.", stop
        case "deploy":
            where = facts.repo.policy.deploy
            return f"The pull request's head is deployed to {where}. No merge.", (
                "Nothing is deployed, the build ends as rejected, and the pull request stays."
            )
        case _:
            return f"The build goes on with {station}.", stop
