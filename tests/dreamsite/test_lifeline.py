"""A process ends with the one that started it, also where the kernel tells nobody."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.engine.workers import wait_until
from tests.hosts.test_pool import alive

CHILD = """
import os, signal, sys, time
from dreamsite import lifeline
parent = os.getppid()
print(os.getpid(), flush=True)
{tie}
time.sleep(60)
"""
PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", sys.argv[1]])
time.sleep(60)
"""
WAYS = {
    "told by the kernel": "lifeline.tie_to(parent)",
    "looking": "lifeline.watch(parent, signal.SIGTERM)",
}


@pytest.mark.parametrize("way", WAYS)
def test_kill_9_of_the_parent_ends_the_child(way: str) -> None:
    words = [sys.executable, "-c", PARENT, CHILD.format(tie=WAYS[way])]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert alive([child])
        parent.kill()
    wait_until(lambda: not alive([child]), 10, "the end of the child")


def test_a_parent_that_has_ended_already_is_noticed_at_once() -> None:
    gone = "from dreamsite.lifeline import tie_to; tie_to(1234567); print('still here')"
    ran = subprocess.run(
        [sys.executable, "-c", gone], cwd=ROOT, check=False, capture_output=True, text=True, timeout=30
    )
    assert (ran.returncode, ran.stdout) == (-15, "")
