"""A build is recorded from its journal and replayed: the same answers make the same trees."""

from dataclasses import replace

import pytest

from builds.adapters.model_scripted import ScriptedModel
from builds.management.dream.recording import recorded
from builds.models import Job
from builds.sessions import Session
from tests.conftest import RunManage
from tests.people import alice
from tests.world import World


def trees(job: Job) -> list[tuple[str, str]]:
    """Each item with the tree it left."""
    return list(job.work_items.values_list("key", "tree_after"))


@pytest.mark.campaign
def test_a_recorded_build_replays_to_the_same_trees(world: World) -> None:
    first = world.run(world.submit())
    session = Session.parse(recorded(first).as_toml(), "recorded")
    assert session.match == "Export subscribers as CSV"
    other = replace(world, ports=replace(world.ports, model=ScriptedModel([session])))
    second = other.run(other.submit())
    assert (first.status, second.status) == ("succeeded", "succeeded")
    assert trees(second) == trees(first)
    assert second.tree_sha == first.tree_sha
    assert len(other.model.requests) == len(world.model.requests)


@pytest.mark.campaign
def test_the_command_prints_the_session_and_nothing_else(world: World, run_manage: RunManage) -> None:
    job = world.run(world.submit())
    printed = run_manage("dream", "record", job.job_id, "--as", alice().username)
    assert (printed.returncode, printed.stderr) == (0, "")
    assert Session.parse(printed.stdout, "printed") == recorded(job)


def test_a_job_without_answers_has_nothing_to_record(world: World, run_manage: RunManage) -> None:
    job = world.submit()
    printed = run_manage("dream", "record", job.job_id, "--as", alice().username)
    assert printed.returncode == 1
    assert "nothing to record" in printed.stderr
