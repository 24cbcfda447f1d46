"""`dream halt` and `dream resume`, and how `dream list` shows it."""

from builds.models import Halt
from tests import factories
from tests.management.conftest import Dream


def test_a_halt_is_shown_until_it_is_lifted(dream: Dream) -> None:
    factories.job()
    answer = dream("halt", "The provider bills twice.", by="olga")
    assert (answer.code, "dream resume" in answer.out) == (0, True)
    assert "Halted by olga: The provider bills twice." in dream("list").out
    assert dream("list", "--json").document["halt"]["by"] == "olga"
    assert "Halted by olga" in dream("resume", by="olga").out
    assert "Halted" not in dream("list").out
    assert dream("list", "--json").document["halt"] is None
    assert Halt.objects.get().via == "cli"


def test_who_does_not_operate_halts_nothing(dream: Dream) -> None:
    answer = dream("halt", "No.", by="rita")
    assert (answer.code, answer.err) == (1, "dream: Only an operator halts and resumes.\n")
    assert dream("resume", by="olga").err == "dream: Nothing is halted.\n"
