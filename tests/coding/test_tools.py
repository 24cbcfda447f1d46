"""The nine tools: their table, and where none of them reaches."""

from pathlib import Path

import pytest

from builds.coding.desk import ToolError
from builds.coding.paths import PathRefused
from builds.coding.tools import TOOLS
from tests.coding.world import make_desk, use


def test_the_table_holds_nine_tools_and_their_arguments() -> None:
    names = "list_files search outline read edit write remove check finish"
    assert " ".join(tool.name for tool in TOOLS) == names
    for tool in TOOLS:
        assert tool.schema["additionalProperties"] is False
        assert all("description" in facts for facts in tool.schema["properties"].values())


def test_a_schema_is_made_once_for_all_requests() -> None:
    assert all(tool.schema is tool.schema for tool in TOOLS)


@pytest.mark.parametrize("path", ["../money.py", "/etc/passwd", ".git/config", "a\\b", "link"])
@pytest.mark.parametrize(
    ("tool", "more"),
    [("read", {}), ("edit", {"old": "a", "new": "b"}), ("write", {"content": "x"}), ("remove", {})],
)
def test_no_tool_leaves_the_work_tree(tmp_path: Path, path: str, tool: str, more: dict[str, str]) -> None:
    desk = make_desk(tmp_path)
    (desk.workspace.root / "link").symlink_to("/etc/passwd")
    with pytest.raises(PathRefused):
        use(desk, tool, path=path, **more)


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("money.py", True),
        ("src/a/b.py", True),
        ("tests/test_a.py", True),
        ("tests/deep/test_a.py", False),
        ("other/money.py", False),
        ("docs/readme.md", False),
    ],
)
def test_only_the_item_s_paths_may_be_changed(tmp_path: Path, path: str, inside: bool) -> None:
    desk = make_desk(tmp_path, {}, globs=("money.py", "src/", "./tests/*.py"))
    if inside:
        use(desk, "write", path=path, content="")
        return
    with pytest.raises(
        ToolError, match=r"is outside this item. It may change: money.py, src/, ./tests/\*.py"
    ):
        use(desk, "write", path=path, content="")


def test_a_move_may_not_leave_the_item_s_paths(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, globs=("money.py",))
    with pytest.raises(ToolError, match="outside this item"):
        use(desk, "remove", path="money.py", new_path="else.py")
    assert desk.workspace.tree() == desk.workspace.base_tree
