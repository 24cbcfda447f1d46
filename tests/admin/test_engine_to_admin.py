"""From the engine to the page and back: a real build stops, is read, approved here, and goes on."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from builds.adapters import connect
from tests import people
from tests.world import make_world


@pytest.mark.django_db(transaction=True)
def test_a_build_that_a_gate_stopped_is_read_and_approved_in_the_admin(
    client: Client, tmp_path: Path
) -> None:
    world = make_world(tmp_path, artifacts=connect().artifacts)
    job = world.run(world.submit("drop-fax"))
    question = job.approvals.get()
    client.force_login(people.rita())
    shown = client.get(reverse("admin:builds_job_change", args=[job.pk])).content.decode()
    (tmp_path / "page.html").write_text(shown)
    assert "Paused before “create_pr”:" in shown
    assert "migrations/003_drop_fax.sql" in shown
    assert '<tr class="risky changed">' in shown
    assert "Some evidence could not be read" not in shown
    form = {"decision": "approve", "content_hash": question.content_hash, "comment": "Backed up."}
    client.post(reverse("admin:builds_job_decide", args=[job.pk]), form)
    job = world.run(job)
    assert job.status == "succeeded"
    shown = client.get(reverse("admin:builds_job_change", args=[job.pk])).content.decode()
    assert "Complete:" in shown
    assert "Backed up." in shown
