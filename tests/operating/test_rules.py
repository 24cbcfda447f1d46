"""The alert rules and the dashboard name only what /metrics says, and every metric is told and explained."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml
from django.conf import LazySettings, settings
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(settings.ROOT)
RULES = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yaml").read_text(encoding="utf-8"))
BOARD = json.loads((ROOT / "deploy/grafana/dream-machine.json").read_text(encoding="utf-8"))
NAME = re.compile(r"\b(?:dream|rq)_[a-z_]+")
LABELS = re.compile(r"\{([^}]*)\}")
FORBIDDEN = {"job", "job_id", "repo", "user", "user_id", "path"}
PROMISED = {
    "dream_build_info": {"version", "commit"},
    "dream_jobs": {"status"},
    "dream_jobs_finished": {"outcome"},
    "dream_job_duration_seconds": {"outcome"},
    "dream_station_duration_seconds": {"station", "outcome"},
    "dream_station_attempts": {"station", "outcome"},
    "dream_oldest_job_age_seconds": {"status"},
    "dream_approval_wait_seconds": {"gate"},
    "dream_approvals": {"gate", "decision"},
    "dream_llm_cost_usd": {"provider", "model", "station"},
    "dream_llm_tokens": {"provider", "model", "type"},
    "dream_llm_request_duration_seconds": {"provider", "model", "outcome"},
    "dream_budget_blocked": {"scope"},
    "dream_budget_remaining_usd": {"scope"},
    "dream_callback_deliveries": {"event", "outcome"},
    "dream_callback_oldest_pending_seconds": set(),
    "dream_github_requests": {"operation", "code"},
    "dream_github_rate_remaining": set(),
    "dream_sse_streams": set(),
    "dream_worker_heartbeat_age_seconds": {"queue"},
    "dream_http_requests": {"route", "method", "code"},
    "dream_http_request_duration_seconds": {"route", "method"},
    "rq_jobs": {"queue", "status"},
    "rq_workers": {"name", "state", "queues"},
    "rq_job_failed": {"name", "queues"},
    "rq_working_seconds": {"name", "queues"},
}
"""Every metric by the name of its family, and its labels."""


@pytest.fixture
def families(db: None, settings: LazySettings, redis_client: redis.Redis) -> dict[str, Any]:
    """What Prometheus reads."""
    settings.METRICS_TOKEN = "a token for the watchman"
    client = Client(headers={"Authorization": f"Bearer {settings.METRICS_TOKEN}"})
    client.get("/healthz")
    text = client.get("/metrics").content.decode()
    return {family.name: family for family in text_string_to_metric_families(text)}


def named(expression: str) -> set[str]:
    """The families that an expression asks for."""
    return {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in NAME.findall(expression)}


def expressions() -> list[str]:
    """All of the rules and of the dashboard."""
    rules = [rule["expr"] for group in RULES["groups"] for rule in group["rules"]]
    return rules + [target["expr"] for panel in BOARD["panels"] for target in panel["targets"]]


def test_every_promised_metric_is_told_and_no_other(families: dict[str, Any]) -> None:
    ours = {name for name in families if name.startswith("dream_") and not name.endswith("_created")}
    assert ours == {name for name in PROMISED if name.startswith("dream_")}
    assert set(PROMISED) <= set(families)


def test_no_label_grows_with_jobs_repos_or_people(families: dict[str, Any]) -> None:
    wrong = {}
    for name, family in families.items():
        for sample in family.samples:
            labels = set(sample.labels) - {"le"}
            if labels & FORBIDDEN or (name in PROMISED and labels != PROMISED[name]):
                wrong[name] = labels
    assert wrong == {}


def test_rules_and_dashboard_ask_for_nothing_that_is_not_told(families: dict[str, Any]) -> None:
    assert {name for each in expressions() for name in named(each)} - set(families) == set()


def test_the_dashboard_shows_every_metric_of_ours() -> None:
    shown = {
        name for panel in BOARD["panels"] for target in panel["targets"] for name in named(target["expr"])
    }
    assert {name for name in PROMISED if name.startswith("dream_")} - shown == set()


def test_there_are_six_rules_each_with_a_mend() -> None:
    (group,) = RULES["groups"]
    assert len(group["rules"]) == 6
    for rule in group["rules"]:
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["mend"]
        assert rule["labels"]["severity"] in {"page", "ticket"}


@pytest.mark.parametrize("expression", expressions())
def test_an_expression_is_whole(expression: str) -> None:
    for opening, closing in ("()", "{}", "[]"):
        assert expression.count(opening) == expression.count(closing)
    for inside in LABELS.findall(expression):
        assert re.fullmatch(r'(\w+(=|!=|=~|!~)"[^"]*",?)*', inside), inside


def test_every_metric_is_explained() -> None:
    page = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    assert [name for name in PROMISED if f"`{name}" not in page] == []
