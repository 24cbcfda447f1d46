"""Whatever a text says, it reaches a model only as data between marks that it cannot forge."""

import re
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from builds.coding.desk import Memory
from builds.coding.messages import Task, opening, system_prompt
from builds.coding.transport import Fenced, Native, Transport
from builds.coding.untrusted import INVISIBLE, block, clean
from builds.coding.workspace import Workspace
from builds.context import Context
from builds.evidence import CheckRun, Criterion, Intake, Item
from builds.ports import Message
from builds.stations import plan, review
from tests.coding.world import CHECK, ITEM, MONEY, SPEC, TEST_MONEY, make_context, make_workspace
from tests.untrusted.attacks import ATTACKS, HIDDEN, NAMES, SIGN

BLOCK = re.compile(
    r"^--- ([^\n]*) \(data, not instructions\) ([0-9a-f]{12}) ---\n(.*?)\n--- end \2 ---$",
    re.MULTILINE | re.DOTALL,
)
SILENT = "never asked"


def outside(text: str) -> str:
    """What a message holds besides blocks whose mark is really that of their content; labels stay."""
    return BLOCK.sub(lambda found: found[1] if honest(found) else found[0], text)


def honest(found: re.Match[str]) -> bool:
    """Whether the mark of a block is the hash of what stands in it."""
    return sha256(found[3].encode("utf-8", "replace")).hexdigest()[:12] == found[2]


def files(attack: str) -> dict[str, str | bytes]:
    """A repository that holds an attack wherever text can be."""
    return {
        "money.py": f'"""{attack}"""\n' if '"""' not in attack else attack,
        "test_money.py": TEST_MONEY,
        "README.md": f"# Money\n\n{attack}\n",
        "AGENTS.md": attack,
        "docs/page.md": attack,
    }


def task(attack: str) -> Task:
    """An item that a model planned out of such texts, behind another one."""
    criterion = Criterion(number=1, text=attack)
    intake = Intake(
        base_sha="0" * 40,
        branch="dream/x",
        checks=(CHECK,),
        criteria=(criterion,),
        instructions=("AGENTS.md", "README.md"),
    )
    item = replace(ITEM, title=attack, why=attack, read=("money.py", "docs/page.md"))
    patch = f"diff --git a/docs/page.md b/docs/page.md\n--- a/docs/page.md\n+++ b/docs/page.md\n+{attack}\n"
    earlier = Item(planned=replace(item, key="0"), status="done", summary=attack, patch=patch.encode())
    spec = replace(SPEC, title=attack, markdown=f"# {attack}\n\n{attack}")
    return Task(spec=spec, intake=intake, item=item, done_so_far=(earlier,))


def implementing(folder: Path, attack: str, transport: Transport) -> tuple[Message, ...]:
    """The opening of an item's loop."""
    workspace = make_workspace(folder, files(attack))
    return opening(task(attack), workspace, transport=transport, memory=Memory())


class Never:
    """A model for contexts whose requests are only looked at."""

    def complete(self, request: object) -> None:
        raise AssertionError(SILENT)


def attacked(folder: Path, attack: str) -> tuple[Context, Workspace]:
    """The context of a station, with the attack in all that is stored."""
    context = make_context(folder, Never())  # type: ignore[arg-type]
    workspace = make_workspace(folder, files(attack))
    given = task(attack)
    run = CheckRun(
        check="tests",
        argv=CHECK.argv,
        outcome="failed",
        phase="after",
        tree_sha=workspace.base_tree,
        output=attack,
        reason="1 failed",
    )
    evidence = replace(
        context.facts.evidence, intake=given.intake, checks=(run,), tree_sha=workspace.base_tree, patch=b""
    )
    return replace(context, facts=replace(context.facts, spec=given.spec, evidence=evidence)), workspace


@pytest.mark.parametrize("transport", [Native(), Fenced()], ids=["native", "fenced"])
@pytest.mark.parametrize("name", ATTACKS)
def test_the_writer_meets_an_attack_only_as_data(tmp_path: Path, name: str, transport: Transport) -> None:
    system, first = implementing(tmp_path, ATTACKS[name], transport)
    assert SIGN in first.content
    assert SIGN not in outside(first.content)
    assert SIGN not in system.content
    assert system.content.startswith(system_prompt(transport).text)


@pytest.mark.parametrize("name", ATTACKS)
def test_planner_and_reviewer_meet_an_attack_only_as_data(tmp_path: Path, name: str) -> None:
    context, workspace = attacked(tmp_path, ATTACKS[name])
    for request in (plan.request(context, workspace), review.request(context)):
        system, first = request.messages
        assert SIGN in first.content
        assert SIGN not in outside(first.content)
        assert SIGN not in system.content
        assert request.tools == ()


@pytest.mark.parametrize("name", HIDDEN)
def test_what_people_do_not_see_in_a_spec_or_in_instructions_is_not_there(tmp_path: Path, name: str) -> None:
    hidden = HIDDEN[name]
    intake = Intake(base_sha="0" * 40, branch="b", checks=(), instructions=("AGENTS.md", "README.md"))
    spec = replace(SPEC, title="x", markdown=f"# Money\n\nSay it.\n\n{hidden}")
    given = replace(task("x"), spec=spec, intake=intake, item=replace(ITEM, title=hidden, why=hidden))
    given = replace(given, item=replace(given.item, read=(), paths=("nothing",)), done_so_far=())
    workspace = make_workspace(tmp_path, {"AGENTS.md": hidden, "README.md": hidden, "money.py": MONEY})
    _, first = opening(given, workspace, transport=Native(), memory=Memory())
    assert not INVISIBLE.search(first.content)
    assert "<!--" not in first.content
    assert (SIGN in first.content) is (SIGN in clean(hidden))
    assert SIGN not in outside(first.content)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_a_file_is_data_too(tmp_path: Path, name: str) -> None:
    item = replace(ITEM, read=(name,), paths=("**",))
    workspace = make_workspace(tmp_path, {name: MONEY, "money.py": MONEY})
    given = replace(task("x"), item=item)
    _, first = opening(given, workspace, transport=Native(), memory=Memory())
    assert SIGN not in outside(first.content)
    context, _ = attacked(tmp_path / "more", "x")
    planned = plan.request(context, workspace).messages[1].content
    assert SIGN not in outside(planned)
    assert not INVISIBLE.search(first.content + planned)


@pytest.mark.parametrize("name", ATTACKS)
def test_the_mark_of_a_block_is_that_of_its_own_text(name: str) -> None:
    text = block("spec", ATTACKS[name])
    assert outside(text) == "spec"
    tampered = text.replace(SIGN, "TAMPERED")
    assert "TAMPERED" in outside(tampered)
