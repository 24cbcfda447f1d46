"""A key that lies in the repository, and in what its tests print, is found nowhere but in the work tree."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from django.apps import apps

from builds.adapters.forge_local import LocalForge
from builds.canonical import canonical_json
from tests.gates.tables.secrets import BODY, DRAWN, KEY, KEY_END
from tests.world import EXAMPLES, PAPERBOY, World

TOKEN = f"{'ghp'}_{DRAWN[:36]}"
PLANTED = f'TOKEN = "{TOKEN}"\nKEY = """{KEY}\n{BODY}\n{KEY_END}"""\n'


@pytest.fixture
def keyed(world: World, tmp_path: Path) -> World:
    """The example repository with a key beside what the build changes, and tests that print it."""
    source = tmp_path / "keyed"
    shutil.copytree(EXAMPLES / "paperboy", source)
    module = source / "paperboy" / "__main__.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(text.replace("\nUSAGE =", f"{PLANTED}\nUSAGE ="), encoding="utf-8")
    tests = source / "tests" / "__init__.py"
    tests.write_text("from paperboy.__main__ import KEY, TOKEN\n\nprint(TOKEN, KEY)\n", encoding="utf-8")
    forge = LocalForge(tmp_path / "keyed-repos")
    forge.create(PAPERBOY, source)
    return replace(world, ports=replace(world.ports, forge=forge))


def stored() -> str:
    """Every row of ours as text."""
    rows = [row for label in ("builds", "specs") for model in apps.get_app_config(label).get_models()
            for row in model._default_manager.values()]  # fmt: skip
    return json.dumps(rows, default=str, ensure_ascii=False)


def test_a_planted_key_stays_in_the_work_tree(
    keyed: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = keyed.run(keyed.submit())
    assert job.status == "succeeded"
    pull = keyed.forge.find_pull(PAPERBOY, job.branch)
    assert pull is not None
    asked = "".join(canonical_json(request).decode() for request in keyed.model.requests)
    logged = capsys.readouterr()
    blobs = b"".join(path.read_bytes() for path in (tmp_path / "artifacts").rglob("*") if path.is_file())
    everywhere = [stored(), asked, pull.body, logged.out + logged.err, blobs.decode("utf-8", "replace")]
    assert "[masked: github_token]" in stored()
    assert "[masked: private_key]" in asked
    for place in everywhere:
        assert TOKEN not in place
        assert BODY[:30] not in place
