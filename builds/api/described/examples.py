"""Examples of the schema. A test holds each against its own schema."""

from typing import Any

HASH = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
AT, BEFORE = "2030-01-31T22:00:00.000Z", "2030-01-31T21:58:30.250Z"
JOB_ADDRESS = "https://dream.example/api/dream-build/dm_01"
BASE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
STATIONS = ("intake", "plan", "implement", "verify", "review", "create_pr", "deploy")

ORDER: dict[str, Any] = {
    "jobId": "dm_01",
    "specId": "spec-7",
    "userId": "alice",
    "targetRepoType": "custom",
    "repoOwner": "acme",
    "repoName": "shop",
    "specMarkdown": "# Add a greeting\n\n## Requirements\n- `greet(name)` returns a greeting\n",
    "callbackUrl": "https://storia.example/callbacks",
    "budget": {"maxTokens": 2_000_000, "maxDollars": 2.5},
}
LINKS = {"self": JOB_ADDRESS, "events": f"{JOB_ADDRESS}/events", "artifacts": f"{JOB_ADDRESS}/artifacts"}
ACCEPTED: dict[str, Any] = {
    "ok": True,
    "jobId": "dm_01",
    "mode": "immediate",
    "message": "Job dm_01 started",
    "status": "queued",
    "scheduledFor": None,
    "links": LINKS,
}
FINDING = {
    "rule": "sql.drop",
    "reason": "It drops a column",
    "severity": "high",
    "path": "migrations/2.sql",
    "line": 3,
    "text": "ALTER TABLE users DROP COLUMN fax;",
}
GATE = {
    "name": "NothingDestructive",
    "station": "create_pr",
    "reason": "It drops a column",
    "onApprove": "One pull request is opened.",
    "onReject": "The attempt fails with the code rejected.",
    "contentHash": HASH,
    "mayDecide": "owner",
    "whyNot": None,
    "askedAt": AT,
    "expiresAt": "2030-02-07T22:00:00.000Z",
    "findings": [FINDING],
}


def station(name: str, number: int) -> dict[str, Any]:
    """One line of the timeline: five done, the sixth asks, the last is to come."""
    done = number < 5
    return {
        "station": name,
        "status": "succeeded" if done else ("paused" if number == 5 else "pending"),
        "note": "done" if done else None,
        "tries": 1 if done else 0,
        "startedAt": BEFORE if done else None,
        "finishedAt": BEFORE if done else None,
        "durationMs": 0 if done else None,
        "cost": 0.02 if done else 0,
        "tokens": 3000 if done else 0,
    }


CHECK = {
    "check": "pytest",
    "outcome": "passed",
    "reason": None,
    "exitCode": 0,
    "seconds": 1.5,
    "tests": {"passed": 12, "failed": 0, "skipped": 0},
    "treeSha": BASE,
}
ITEM = {
    "key": "item-1",
    "title": "Drop the fax number",
    "why": "Nobody reads it.",
    "criteria": [1],
    "paths": ["migrations/*.sql"],
    "check": "pytest",
    "depends": [],
    "risk": "high",
    "origin": "plan",
    "status": "done",
    "summary": "One migration.",
    "failure": None,
}
PLAN = {
    "sha": HASH,
    "summary": "One migration that drops the column.",
    "items": [ITEM],
    "leftOut": [],
    "quote": {
        "lowUsd": "0.10",
        "highUsd": "0.40",
        "lowMinutes": 2,
        "highMinutes": 9,
        "basis": "estimate, 4 past builds",
    },
}
JOB: dict[str, Any] = {
    **{name: ORDER[name] for name in ("jobId", "specId", "userId", "targetRepoType")},
    "requestId": "8c5a1b0e7e4f4d53a4f5d2a9d1c0b7aa",
    "title": "Drop the fax number",
    "status": "paused",
    "station": "create_pr",
    "attempts": 1,
    "priority": "medium",
    "repo": "acme/shop",
    "baseBranch": "main",
    "branchPrefix": "dream/",
    "branch": "dream/drop-the-fax-number-1a2b3c4d",
    "prUrl": None,
    "prNumber": None,
    "deployUrl": None,
    "estimatedEffort": None,
    "queueName": None,
    "deadline": None,
    "planApproval": False,
    "metadata": {},
    "error": None,
    "tokensUsed": 15_000,
    "costEstimate": 0.1,
    "budget": {"maxTokens": 2_000_000, "maxDollars": 2.5, "spent": 0.1, "reserved": 0, "left": 2.4},
    "gate": GATE,
    "scheduledFor": None,
    "waitReason": None,
    "waitCause": None,
    "waitingSince": None,
    "actions": ["approve", "reject", "cancel"],
    "links": {**LINKS, **{action: f"{JOB_ADDRESS}/{action}" for action in ("approve", "reject", "cancel")}},
    "createdAt": BEFORE,
    "startedAt": BEFORE,
    "updatedAt": AT,
    "finishedAt": None,
    "baseSha": BASE,
    "headSha": None,
    "pullRequest": None,
    "plan": PLAN,
    "completedItems": ["Drop the fax number"],
    "criteria": [
        {"id": 1, "text": "The column is gone", "status": "open", "evidence": None, "proposed": False}
    ],
    "checks": {"before": [CHECK], "after": [CHECK]},
    "review": {
        "verdict": "approve",
        "summary": "It does what the spec says.",
        "model": "reviewer-1",
        "treeSha": BASE,
        "findings": [],
    },
    "vexReview": {"riskLevel": "low", "recommendation": "proceed", "flaggedCount": 0},
    "stations": [station(name, number) for number, name in enumerate(STATIONS)],
    "artifacts": [],
    "halted": None,
}
DONE: dict[str, Any] = {"ok": True, "message": "Job dm_01 approved and resumed", **JOB}
