"""Makes the fixture of this version: a build that is stopped in the middle of implement.

    python3 manage.py test tests/upgrades/make_fixture.py

Run it before the first change of a released schema, and commit the folder: the name is its newest migration.
"""

import json
import shutil
import subprocess
from pathlib import Path

from builds.adapters.model_scripted import ScriptedModel
from builds.ports import Reply, Request, ShuttingDown
from tests.upgrades.rows import dump
from tests.world import EXAMPLES, PAPERBOY, make_world

HERE = Path(__file__).resolve().parent


class Stopping(ScriptedModel):
    """The worker is asked to stop while this model answers the second turn of the second item."""

    def complete(self, request: Request) -> Reply:
        if (request.purpose, request.item, request.turn) == ("implement", "2", 2):
            raise ShuttingDown("this worker was asked to stop")
        return super().complete(request)


def test_make_the_fixture(transactional_db: None, tmp_path: Path) -> None:
    world = make_world(tmp_path, model=Stopping(EXAMPLES))
    job = world.submit(job_id="upgraded", base_branch="main")
    for _ in range(10):
        world.step()
        job.refresh_from_db()
        if job.station == "implement" and job.events.filter(name="run.handed_over").exists():
            break
    assert (job.status, job.station) == ("queued", "implement")
    assert [item.status for item in job.work_items.all()] == ["done", "pending"]
    assert job.turns.filter(item="2").count() == 1
    found = dump()
    folder = HERE / found["migrations"]["builds"]
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(tmp_path / "artifacts", folder / "artifacts")
    (folder / "rows.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    bare = tmp_path / "repos" / PAPERBOY.owner / f"{PAPERBOY.name}.git"
    bundle = ["git", f"--git-dir={bare}", "bundle", "create", "-q", str(folder / "paperboy.bundle"), "--all"]
    subprocess.run(bundle, check=True)
