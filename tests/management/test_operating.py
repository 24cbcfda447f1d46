"""`dream doctor` and `dream cleanup`: for operators, in lines and as JSON."""

import json

import pytest

from builds.models import Sweep
from tests.management.conftest import Dream

pytestmark = pytest.mark.django_db


def test_the_doctor_says_a_line_each_and_ends_with_1_while_something_is_wrong(dream: Dream) -> None:
    ran = dream("doctor", by="olga")
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert len(lines) == 18
    assert [line for line in lines if line[0] not in "✔✘"] == []
    (swept,) = [line for line in lines if "swept" in line]
    assert "Mend: start it: python3 manage.py scheduler" in swept
    assert not Sweep.objects.exists()


def test_the_doctor_mends_when_asked_to_and_says_so(dream: Dream) -> None:
    found = json.loads(dream("doctor", "--fix", "--json", by="olga").out)
    assert found["ok"] is False
    fixed = {check["name"]: check["fixed"] for check in found["checks"] if check["fixed"]}
    assert fixed == {"swept": "swept once; the scheduler still has to run"}
    assert Sweep.objects.get().by == "doctor"


def test_a_cleanup_tells_its_numbers(dream: Dream) -> None:
    assert json.loads(dream("cleanup", "--dry-run", "--json", by="olga").out) == {
        "dryRun": True,
        "removed": {"artifacts": 0, "turns": 0, "answers": 0, "deliveries": 0, "events": 0, "sessions": 0},
    }
    assert "0 events are gone" in dream("cleanup", by="olga").out


@pytest.mark.parametrize("command", ["doctor", "cleanup"])
def test_both_are_for_operators(dream: Dream, command: str) -> None:
    refused = dream(command, by="alice")
    assert (refused.code, "builds.operate_job" in refused.err) == (1, True)
