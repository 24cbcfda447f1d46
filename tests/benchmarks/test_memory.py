"""The memory benchmark: how it counts, and that a pool takes less than separate workers."""

import os
import re
import subprocess
import sys

import pytest

from benchmarks.memory import Measured, descendants, pss
from tests.conftest import ROOT


def test_a_process_and_what_it_started_are_counted() -> None:
    with subprocess.Popen(["sleep", "30"]) as child:
        assert child.pid in descendants(os.getpid())
        assert 0 < pss(child.pid) < pss(os.getpid())
        child.kill()
    assert pss(child.pid) == 0


def test_a_build_s_part_is_in_mib() -> None:
    assert Measured(builds=4, processes=9, pss_kib=8192, connections=0).each == 2


@pytest.mark.campaign
def test_builds_in_a_pool_take_less_and_hold_no_connection() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory", "4"], cwd=ROOT, check=False, capture_output=True,
        text=True, timeout=170,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count(" 0 connections of Postgres") == 2
    found = re.search(r"take (\d\.\d\d) of the memory", ran.stdout)
    assert found
    assert float(found[1]) < 0.8
