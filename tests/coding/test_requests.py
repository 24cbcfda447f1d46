"""The requests of the loop: each goes on from the one before, and none holds what the model may not see."""

from dataclasses import replace
from pathlib import Path

from builds.adapters.sandbox_bwrap import BwrapSandbox
from builds.coding.transcript import request_hash
from tests.coding.scripts import DONE, EDIT, Calls, script
from tests.coding.world import FILES, ITEM, MONEY, build, instructed, make_context, make_workspace


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


def test_a_file_that_was_added_by_an_earlier_item_is_part_of_the_diff_so_far(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    workspace.write("docs/earlier.md", b"# Earlier\n")
    model = script(EDIT, DONE)
    item = build(make_context(tmp_path, model), workspace)
    assert "+# Earlier" in model.requests[0].messages[1].content
    assert b"earlier" not in item.patch
    assert workspace.read("money.py") != MONEY.encode()
