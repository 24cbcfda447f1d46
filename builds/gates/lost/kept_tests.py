"""Compares the tests before and after: removed, emptied, weakened ones, and those that no longer run."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from builds.coding.checks import compare
from builds.context import Evidence
from builds.diffs import ChangeSet
from builds.evidence import Finding
from builds.gates.lost.cases import Case, cases
from builds.gates.lost.rules import lost

SAME_BODY = 0.70


@dataclass(frozen=True)
class Tests:
    """The tests of a change: a test before with what became of it, those that went, those that came."""

    kept: tuple[tuple[Case, Case], ...]
    gone: tuple[Case, ...]
    new: tuple[Case, ...]

    @classmethod
    def of(cls, changes: ChangeSet) -> "Tests":
        """Paired by place and name, by name alone, by what they do: a test may move or be renamed."""
        before = [case for file in changes.files for case in cases(file.old_path, file.old_text)]
        after = [case for file in changes.files for case in cases(file.path, file.new_text)]
        kept: list[tuple[Case, Case]] = []
        for is_same in (_same_place, _same_name, _same_body):
            for old in list(before):
                match = next((new for new in after if is_same(old, new)), None)
                if match:
                    kept.append((old, match))
                    before.remove(old)
                    after.remove(match)
        return cls(tuple(kept), tuple(before), tuple(after))


def in_changes(changes: ChangeSet, evidence: Evidence) -> Iterator[Finding]:
    """What the tests lost, by reading them and by what ran."""
    tests = Tests.of(changes)
    found = [*_removed(tests.gone), *_weaker(tests.kept), *_hollow(tests.new)]
    yield from found
    known = {case.name for case in tests.gone} | {old.name for old, new in tests.kept if old.name != new.name}
    yield from no_longer_run(evidence, known)


def no_longer_run(evidence: Evidence, explained: set[str]) -> Iterator[Finding]:
    """Tests that passed on the base commit and are gone or skipped, whatever the diff looks like."""
    for name, run in evidence.after.items():
        compared = compare(evidence.before.get(name), run)
        moved = {own_name(test) for test in compared.newly_passing}
        for test in compared.removed:
            if own_name(test) not in explained | moved:
                yield lost("test_gone", "", text=test, more=f"({test})")


def own_name(test: str) -> str:
    """A test's name without path, class and parameters."""
    return re.split(r"::|\.| > ", test.partition("[")[0])[-1]


def _same_place(old: Case, new: Case) -> bool:
    return (old.path, old.owner, old.name) == (new.path, new.owner, new.name)


def _same_name(old: Case, new: Case) -> bool:
    return old.name == new.name


def _same_body(old: Case, new: Case) -> bool:
    if not old.body or not new.body:
        return False
    return sum(line in new.body for line in old.body) >= SAME_BODY * len(old.body)


def _removed(gone: Iterable[Case]) -> Iterator[Finding]:
    for case in gone:
        yield lost("test_removed", case.path, text=case.name, more=f"({case.name})")


def _weaker(kept: Iterable[tuple[Case, Case]]) -> Iterator[Finding]:
    for old, new in kept:
        rule = _weaker_rule(old, new)
        if rule:
            yield lost(rule, new.path, line=new.first, text=new.name, more=f"({new.name})")


def _weaker_rule(old: Case, new: Case) -> str:
    if not (old.read and new.read):
        return ""
    if new.empty and not old.empty:
        return "test_emptied"
    if new.asserts < old.asserts:
        return "assertions_removed"
    return "test_weakened" if new.exact < old.exact else ""


def _hollow(new: Iterable[Case]) -> Iterator[Finding]:
    for case in new:
        if case.read and (case.empty or not case.asserts):
            rule = "test_says_nothing" if case.empty else "test_asserts_nothing"
            yield lost(rule, case.path, line=case.first, text=case.name, more=f"({case.name})")
