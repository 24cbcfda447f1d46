"""Every rule of every gate that reads a change set: shown to hit, and shown not to hit what looks like it."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from builds.evidence import Finding, Rule
from builds.gates import AllowedPaths, Gate, NoSecrets, NothingLost, RiskReviewed
from builds.gates.allowed import rules as allowed
from builds.gates.lost import rules as lost
from builds.gates.no_secrets import FILE_RULES
from builds.gates.risks import rules as risks
from builds.outcomes import Pass, Pause
from builds.secrets import RULES as SECRETS
from tests.gates.tables import allowed as allowed_table
from tests.gates.tables import lost as lost_table
from tests.gates.tables import lost_tests as lost_tests_table
from tests.gates.tables import risks as risks_table
from tests.gates.tables import secrets as secrets_table
from tests.gates.tables.row import Row
from tests.gates.world import diff, with_patch

GATES: tuple[tuple[Gate, tuple[Row, ...], dict[str, Rule]], ...] = (
    (NoSecrets(), secrets_table.TABLE, SECRETS | FILE_RULES),
    (NothingLost(), (*lost_table.TABLE, *lost_tests_table.TABLE), lost.RULES),
    (RiskReviewed(), risks_table.TABLE, risks.RULES),
    (AllowedPaths(), allowed_table.TABLE, allowed.RULES),
)
BY_EVIDENCE = {  # what no diff alone can show; tested beside the gate
    "test_gone",
    "second_model_pause",
    "second_model_reject",
    "second_model_risk",
    "second_model_critical",
}


def rows() -> Iterable[object]:
    """Each row of each table, named."""
    for gate, table, _ in GATES:
        for row in table:
            yield pytest.param(gate, row, id=f"{gate!r} {row}"[:150].encode("ascii", "replace").decode())


def findings(gate: Gate, row: Row, folder: Path) -> tuple[Finding, ...]:
    """What the gate says to the change."""
    verdict = gate.ask(with_patch(diff(folder, row.before, row.files)))
    assert isinstance(verdict, Pass | Pause)
    grave = [finding for finding in verdict.findings if finding.severity in {"high", "critical"}]
    assert isinstance(verdict, Pause) == bool(grave)
    return verdict.findings


@pytest.mark.parametrize(("gate", "row"), list(rows()))
def test_each_row_meets_its_rule_and_no_other(gate: Gate, row: Row, tmp_path: Path) -> None:
    found = findings(gate, row, tmp_path)
    assert {finding.rule for finding in found} == ({row.rule} if row.rule else set())


@pytest.mark.parametrize(("gate", "table", "rules"), GATES, ids=[repr(gate) for gate, _, _ in GATES])
def test_every_rule_is_met_by_a_row(gate: Gate, table: tuple[Row, ...], rules: dict[str, Rule]) -> None:
    assert {row.rule for row in table} - {""} == set(rules) - BY_EVIDENCE, gate


def test_every_rule_says_why_in_a_sentence() -> None:
    reasons = [rule.reason for _, _, rules in GATES for rule in rules.values()]
    assert [reason for reason in reasons if not reason.endswith(".") or len(reason) < 20] == []
    assert len({rule for _, _, rules in GATES for rule in rules}) == len(reasons)
