"""Twenty builds under faults, and worlds in which the same harness has to find something."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

from dreamsite.env import child_variables
from tests.chaos.__main__ import OURS
from tests.chaos.controls import CONTROLS
from tests.chaos.faults import FORGE, KINDS, MODEL, script


def campaign(*words: str, timeout: float) -> subprocess.CompletedProcess[str]:
    """`python -m tests.chaos`, with servers and settings of its own."""
    inherited = {name: value for name, value in child_variables().items() if not name.startswith(OURS)}
    return subprocess.run(
        [sys.executable, "-m", "tests.chaos", *words],
        cwd=Path(settings.ROOT),
        env=inherited,
        check=False,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


@pytest.mark.campaign
@pytest.mark.timeout(900)
def test_twenty_builds_under_faults_lose_nothing_and_make_nothing_twice() -> None:
    ran = campaign("--runs", "20", timeout=880)
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    median = re.search(r"^spent again +median ([0-9.]+)%", ran.stdout, re.MULTILINE)
    assert median, ran.stdout
    assert float(median[1]) <= 5


@pytest.mark.campaign
@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", CONTROLS)
def test_the_harness_says_what_is_broken_where_something_is(name: str) -> None:
    ran = campaign("--control", name, timeout=380)
    assert ran.returncode == 1, f"{ran.stdout}\n{ran.stderr}"
    assert CONTROLS[name].says in ran.stdout


def test_a_script_is_a_function_of_seed_and_number() -> None:
    assert [script(1, number) for number in range(50)] == [script(1, number) for number in range(50)]
    assert [script(1, number) for number in range(50)] != [script(2, number) for number in range(50)]


def test_two_hundred_scripts_hold_every_kind_of_fault_one_to_four_in_each() -> None:
    scripts = [script(1, number) for number in range(200)]
    assert {len(each.faults) for each in scripts} == {1, 2, 3, 4}
    kinds = Counter(fault.kind for each in scripts for fault in each.faults)
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) >= 10


def test_a_fault_of_the_provider_strikes_at_a_call_and_one_of_the_forge_at_a_request() -> None:
    for fault in (fault for number in range(200) for fault in script(1, number).faults):
        assert fault.at.place == "model" or fault.kind not in MODEL
        assert fault.at.place == "forge" or fault.kind not in FORGE
