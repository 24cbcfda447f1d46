"""What the cost of the engine is measured with: an order for all stations, and a chain of no-ops."""

from pathlib import Path

import django_rq
import pytest
from redis import Redis
from rq import Queue, SimpleWorker
from rq.job import Job as RqJob

from benchmarks import yardstick
from benchmarks.scripted import session, spec, write_sessions
from builds.adapters.model_scripted import ScriptedModel
from builds.adapters.sandbox_none import NoSandbox
from builds.models import ModelCall
from builds.pipeline import STATIONS
from builds.queue import QUEUE
from builds.sessions import Session
from tests.world import make_world


@pytest.mark.parametrize("items", [1, 8])
@pytest.mark.campaign
def test_the_order_goes_through_all_stations_without_a_detour(
    transactional_db: None, tmp_path: Path, items: int
) -> None:
    world = make_world(tmp_path, model=ScriptedModel([session(items)]), sandbox=NoSandbox())
    job = world.run(world.submit(spec_markdown=spec(items), spec_id="parts"))
    assert (job.status, job.error_message) == ("succeeded", "")
    worked = job.station_runs.order_by("ordinal").values_list("station", "tries")
    assert list(worked) == [(name, 0 if name == "deploy" else 1) for name in STATIONS]
    assert ModelCall.objects.filter(job=job).count() == 2 * items + 2


def test_sessions_as_files_are_the_same(tmp_path: Path) -> None:
    folder = write_sessions(tmp_path / "sessions", (1, 8))
    assert Session.read(folder / "8.toml") == session(8)


def test_a_chain_of_no_ops_rings_for_its_next_link(redis_client: Redis) -> None:
    name = yardstick.ring(redis_client, links=3)
    queue = Queue(yardstick.QUEUE, connection=redis_client)
    SimpleWorker([queue], connection=redis_client).work(burst=True, logging_level="ERROR")
    assert RqJob.fetch(name, connection=redis_client).is_finished
    assert queue.count == django_rq.get_queue(QUEUE).count == 0
