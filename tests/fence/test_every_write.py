"""A worker that lost its lease writes nothing: tried for every kind of write that there is in the code."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from builds.asking import Question
from builds.leases import check_lease
from builds.outcomes import Outcome
from builds.ports import ArtifactStore, Forge, LeaseLost, Progress, Sandbox
from builds.states import LostRace
from tests.fence import code
from tests.fence.stale import LEASE, Stale, canceled, ended, rows, taken, working
from tests.fence.table import DOORS, INSIDE, OUTCOMES, TRIED

LOSSES = {"another worker has it": taken, "another worker ended it": ended, "it was canceled": canceled}


@pytest.fixture
def stale(transactional_db: None, tmp_path: Path) -> Stale:
    """A worker in the middle of its work."""
    return working(tmp_path)


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("name", TRIED)
@pytest.mark.sampled(4)
def test_a_stale_worker_is_refused_and_changes_no_row(
    stale: Stale, name: str, lose: Callable[[Stale], None]
) -> None:
    lose(stale)
    before = rows()
    with pytest.raises((LeaseLost, LostRace)):
        TRIED[name](stale)
    assert rows() == before
    assert stale.model.requests == []  # nothing was asked of a model either


@pytest.mark.parametrize("name", TRIED)
def test_each_of_these_writes_is_done_by_the_worker_that_has_the_lease(stale: Stale, name: str) -> None:
    """Else a refusal would prove nothing."""
    try:
        TRIED[name](stale)
    except (LeaseLost, LostRace) as error:
        pytest.fail(f"{name} is refused to the holder of the lease: {error}")
    except Exception as error:  # noqa: BLE001  a station without facts may fail, once it was let in
        assert name == "builds.engine.run", error  # noqa: PT017


def test_every_function_that_writes_rows_is_in_the_tables() -> None:
    tried = {name.partition(",")[0] for name in TRIED}
    unknown = {
        name: lines for name, lines in code.writers().items() if name not in tried | INSIDE | set(DOORS)
    }
    assert unknown == {}, "try it in tests/fence/table.py with a stale worker, or say there why it needs none"


def test_whoever_calls_a_part_of_a_transaction_is_in_the_tables_too() -> None:
    known = {name.partition(",")[0] for name in TRIED} | INSIDE | set(DOORS)
    unknown = {f"{caller} calls {name}" for name in INSIDE for caller in code.callers(name) - known}
    assert unknown == set()


def test_the_tables_name_nothing_that_is_gone() -> None:
    named = {name.partition(",")[0] for name in TRIED} | INSIDE | set(DOORS)
    assert named - set(code.functions()) == set()


def test_the_tables_know_every_outcome_and_every_way_to_remember() -> None:
    assert set(OUTCOMES) == {*get_args(Outcome), Question}
    saving = {name for name in vars(Progress) if not name.startswith("_")} - {"turns"}
    tried = {name.rpartition(".")[2] for name in TRIED if name.startswith("builds.checkpoints.")}
    assert saving - tried == set()


@pytest.mark.parametrize("port", [Forge, Sandbox, ArtifactStore])
def test_no_port_is_called_once_the_lease_is_known_to_be_lost(stale: Stale, port: type) -> None:
    stale.pulse.interrupt(LeaseLost("another worker has the job"))
    called: list[str] = []

    class Ear:
        """Hears every call."""

        def __getattr__(self, name: str) -> Callable[..., None]:
            return lambda *_, **__: called.append(name)

    guarded = stale.pulse.guard(Ear())
    for name in (name for name in vars(port) if not name.startswith("_")):
        with pytest.raises(LeaseLost):
            getattr(guarded, name)()
    assert called == []


def test_no_port_is_called_and_none_goes_on_after_a_standstill_of_nearly_a_lease(stale: Stale) -> None:
    """The thread that keeps the lease stood still as well, and may wake after the others."""
    went_on: list[str] = []

    def look_then_create() -> None:
        check_lease()
        stale.pulse.renewed -= LEASE.total_seconds()  # frozen here
        check_lease()
        went_on.append("created a second one")

    with pytest.raises(LeaseLost):
        stale.pulse.call(look_then_create)
    with pytest.raises(LeaseLost):
        stale.pulse.call(lambda: went_on.append("called"))
    assert went_on == []
    check_lease()  # this thread works for nobody
