"""The change set in a terminal: a unified diff in which each finding stands below its line."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.text import Text

from builds.context import Facts
from builds.diffs import FileDiff
from builds.evidence import Finding
from builds.management.terminal import Screen, visible
from builds.models import Approval, Job
from builds.values import load

STYLES = {"+": "green", "-": "red", "@": "cyan", "\\": "dim"}
Marks = Mapping[tuple[str, int], Iterable[str]]


def show_diff(screen: Screen, job: Job, facts: Facts) -> None:
    """Every file, none left out."""
    changes = facts.evidence.change_set
    marks = findings(job, facts)
    size = f"+{changes.added_count} -{changes.removed_count}"
    screen.print(Text(f"{len(changes.files)} files, {size}, against {job.base_sha[:10]}", style="bold"))
    for file in changes.files:
        for text in file_lines(file, marks):
            screen.print(text, soft_wrap=True)


def findings(job: Job, facts: Facts) -> Marks:
    """What gates and the reviewer noticed of the present tree, by path and line of the new file."""
    found: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    question = job.approvals.filter(state=Approval.State.OPEN).first()
    for stored in question.findings if question else []:
        asked = load(Finding, stored)
        found[asked.path, asked.line].append(sentence(vars(asked)))
    review = facts.evidence.review
    if review and review.tree_sha == facts.evidence.tree_sha:
        for finding in review.findings:
            found[finding.path, finding.line].append(sentence(vars(finding)))
    return found


def sentence(finding: Mapping[str, Any]) -> str:
    """What was noticed, in one line."""
    return f"{finding['rule']} ({finding['severity']}): {finding['reason']}"


def file_lines(file: FileDiff, marks: Marks) -> Iterator[Text]:
    """One file; what is about the whole of it, or about a line that is not shown, stands at its head."""
    shown = list(numbered(file))
    numbers = {number for number, _ in shown if number}
    size = f"{file.kind}, +{len(file.added)} -{len(file.removed)}"
    yield Text(f"\n{visible(file.path)}  ({size})", style="bold")
    for (path, line), sentences in marks.items():
        if path == file.path and line not in numbers:
            yield from (mark(f"line {line}: {each}" if line else each) for each in sentences)
    for number, text in shown:
        yield Text(visible(text.removesuffix("\r")), style=STYLES.get(text[:1], ""))
        if number:
            yield from (mark(each) for each in marks.get((file.path, number), ()))


def numbered(file: FileDiff) -> Iterator[tuple[int, str]]:
    """The lines of the unified diff with their number in the new file; 0 where they are not in it."""
    heads, lines = 2, file.unified().removesuffix("\n").split("\n")
    if file.old_mode and file.new_mode and file.old_mode != file.new_mode:
        heads += 1
    following = 0
    for index, text in enumerate(lines):
        if index < heads or text[:1] not in {"+", " "}:
            if index >= heads and text.startswith("@@"):
                following = int(text.split(" +")[1].split(",")[0])
            yield 0, text
        else:
            yield following, text
            following += 1


def mark(sentence: str) -> Text:
    """A finding, below the line it is about."""
    return Text(f"    ^^^ {sentence}", style="bold yellow")
