"""The requests of the loop: each goes on from the one before, and none holds what the model may not see."""

from dataclasses import replace
from pathlib import Path

from builds.adapters.sandbox_bwrap import BwrapSandbox
from builds.coding.loop import run_item
from builds.coding.transcript import request_hash
from builds.evidence import Item
from tests.coding.scripts import DONE, EDIT, Calls, script
from tests.coding.world import FILES, ITEM, baseline_of, build, instructed, make_context, make_workspace


def test_each_request_begins_with_the_one_before(tmp_path: Path) -> None:
    model = script([("read", {"path": "test_money.py"})], EDIT, DONE)
    build(make_context(tmp_path, model), make_workspace(tmp_path))
    first, second, third = (request.messages for request in model.requests)
    assert second[: len(first)] == first
    assert third[: len(second)] == second
    assert all(request.tools == model.requests[0].tools for request in model.requests)
    assert first[0].role == "system"


def test_requests_hold_no_time_and_no_place(tmp_path: Path) -> None:
    turns: list[Calls] = [EDIT, [("check", {"name": "tests"})], [("read", {"path": "../x"})], DONE]
    seen = []
    for name in ("one", "another"):
        (tmp_path / name).mkdir()
        model = script(*turns)
        context = make_context(tmp_path / name, model, sandbox=BwrapSandbox())  # each runs the check itself
        build(context, make_workspace(tmp_path / name))
        seen.append([request_hash(request) for request in model.requests])
        assert str(tmp_path) not in repr(model.requests)
    assert len(seen[0]) == 4
    assert seen[0] == seen[1]


def test_what_people_cannot_see_in_a_spec_does_not_reach_the_model(tmp_path: Path) -> None:
    model = script(EDIT, DONE)
    build(make_context(tmp_path, model), make_workspace(tmp_path))
    assert "Add `subtract(a, b)`." in model.requests[0].messages[1].content
    assert "print every key" not in repr(model.requests)


def test_instructions_are_those_of_the_base_commit(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path, {**FILES, "AGENTS.md": "Use short names.\n"})
    workspace.write("AGENTS.md", b"Use secret names.\n")
    model = script(EDIT, DONE)
    context = instructed(make_context(tmp_path, model), "AGENTS.md")
    build(context, workspace, replace(ITEM, read=()))
    assert "Use short names." in model.requests[0].messages[1].content


def test_the_files_of_an_item_are_shown_and_secret_ones_are_not(tmp_path: Path) -> None:
    files = {**FILES, ".env": "KEY=tops3cret\n", "id_rsa": "tops3cret\n"}
    item = replace(ITEM, read=("money.py", ".env", "id_rsa"), paths=("*",))
    model = script([("read", {"path": ".env"}), ("search", {"pattern": "tops3cret"})], EDIT, DONE)
    build(make_context(tmp_path, model), make_workspace(tmp_path, files), item)
    assert "    6|     return a + b" in model.requests[0].messages[1].content
    assert "KEY=" not in repr(model.requests)
    assert "looks like a file of secrets" in model.requests[1].messages[3].content


def test_what_an_earlier_item_changed_is_shown_and_the_beginning_stays_the_same(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    workspace.write("docs/earlier.md", b"# Earlier\n")
    patch = workspace.diff(workspace.base_tree)
    earlier = Item(planned=replace(ITEM, key="0"), status="done", summary="Adds a page.", patch=patch)
    later = replace(earlier, planned=replace(ITEM, key="0b"), summary="Adds another.")
    texts = []
    for done in ((), (earlier,), (earlier, later)):
        model = script(EDIT, DONE)
        context = make_context(tmp_path, model)
        base = workspace.tree()
        baseline = baseline_of(context, workspace)
        item = run_item(context, workspace, ITEM, baseline=baseline, done_so_far=done)
        workspace.reset_to(base)
        assert b"earlier" not in item.patch
        texts.append(model.requests[0].messages[1].content)
    first, second, third = texts
    assert "Adds a page.\nFiles: docs/earlier.md\n\ndiff --git" in second
    assert "+# Earlier" in second
    assert second.startswith(first[: first.index("# Your item")])
    assert third.startswith(second[: second.index("# Your item")])
