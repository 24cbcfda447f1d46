"""The scripts of the campaign, which `python -m tests.chaos` runs."""

from collections import Counter

from tests.chaos.faults import FORGE, KINDS, MODEL, script


def test_a_script_is_a_function_of_seed_and_number() -> None:
    assert [script(1, number) for number in range(50)] == [script(1, number) for number in range(50)]
    assert [script(1, number) for number in range(50)] != [script(2, number) for number in range(50)]


def test_two_hundred_scripts_hold_every_kind_of_fault_one_to_four_in_each() -> None:
    scripts = [script(1, number) for number in range(200)]
    assert {len(each.faults) for each in scripts} == {1, 2, 3, 4}
    kinds = Counter(fault.kind for each in scripts for fault in each.faults)
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) >= 10


def test_a_fault_of_the_provider_strikes_at_a_call_and_one_of_the_forge_at_a_request() -> None:
    for fault in (fault for number in range(200) for fault in script(1, number).faults):
        assert fault.at.place == "model" or fault.kind not in MODEL
        assert fault.at.place == "forge" or fault.kind not in FORGE
