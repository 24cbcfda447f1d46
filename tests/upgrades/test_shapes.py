"""What is kept as JSON says its shape: older ones are brought up, newer ones refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from builds.engine import word_for
from builds.evidence import Plan, PlannedItem
from builds.models import Job
from builds.outcomes import Wait
from builds.values import UPGRADES, NewerShape, adapter, dump, load, upgraded
from tests.world import World

SHAPES = Path(__file__).with_name("shapes.json")
PLAN = Plan(summary="Write it", items=(PlannedItem(key="1", title="First"),))


def schemas() -> dict[str, Any]:
    """Each stored type: its shape, and its JSON schema."""
    return {
        kind.__name__: {"shape": 1 + len(steps), "schema": adapter(kind).json_schema(mode="serialization")}
        for kind, steps in UPGRADES.items()
    }


def test_a_value_comes_back_and_says_its_shape() -> None:
    assert dump(PLAN)["shape"] == 1
    assert load(Plan, dump(PLAN)) == PLAN


def test_what_was_written_before_there_were_shapes_is_read() -> None:
    old = {name: value for name, value in dump(PLAN).items() if name != "shape"}
    assert load(Plan, old) == PLAN


def test_older_shapes_are_brought_up_step_by_step() -> None:
    steps = (
        lambda old: {"text": old["summary"], "items": old["items"]},
        lambda old: {**old, "count": len(old["items"])},
    )
    first, second = {"summary": "s", "items": []}, {"shape": 2, "text": "s", "items": []}
    newest = {"text": "s", "items": [], "count": 0}
    assert upgraded(Plan, dict(first), steps) == newest
    assert upgraded(Plan, dict(second), steps) == newest
    assert upgraded(Plan, {**newest, "shape": 3}, steps) == newest


def test_a_newer_shape_is_refused_with_what_to_do() -> None:
    with pytest.raises(NewerShape, match=r"A Plan .* \(shape 2; this one knows 1\)\. Upgrade this process\."):
        load(Plan, {**dump(PLAN), "shape": 2})


def test_an_older_worker_leaves_a_build_of_a_newer_one_to_it_and_burns_no_try(world: World) -> None:
    job = world.submit()
    world.step()
    job.refresh_from_db()
    assert job.intake is not None
    Job.objects.filter(pk=job.pk).update(intake={**job.intake, "shape": 2})
    assert world.step()
    job.refresh_from_db()
    assert (job.status, job.station, job.tries) == ("queued", "plan", 0)
    assert "newer version" in job.wait_reason


def test_the_word_for_a_newer_shape_is_to_wait() -> None:
    assert isinstance(word_for(NewerShape(Plan, 2, 1)), Wait)


@pytest.mark.parametrize("name", sorted(kind.__name__ for kind in UPGRADES))
def test_what_a_version_wrote_is_still_what_this_one_reads(name: str) -> None:
    """A field may be added with a default; every other change is a new shape (docs/upgrades.md)."""
    known, now = json.loads(SHAPES.read_text(encoding="utf-8")), schemas()
    assert name in known, f"{name} is new: python3 manage.py test tests/upgrades/make_shapes.py"
    if now[name]["shape"] == known[name]["shape"]:
        assert changes(known[name]["schema"], now[name]["schema"]) == []


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What of the old schema does not hold any more."""
    found = []
    for title, before in [("", old), *old.get("$defs", {}).items()]:
        after = new if not title else new.get("$defs", {}).get(title, {})
        for field, kind in before.get("properties", {}).items():
            if without_default(after.get("properties", {}).get(field)) != without_default(kind):
                found.append(f"{title}.{field} is another one, or gone")
        added = set(after.get("required", ())) - set(before.get("required", ()))
        found += [f"{title}.{field} is required now" for field in sorted(added)]
    return found


def without_default(schema: Any) -> Any:
    """What may be in it, whatever stands there when nothing is said."""
    return {k: v for k, v in schema.items() if k != "default"} if isinstance(schema, dict) else schema
