"""What the campaign prints: a line for each run, all about a broken one, and the tables at the end."""

import argparse
import sys
from collections import Counter
from statistics import median

from tests.chaos.faults import KINDS
from tests.chaos.run import Run


def say(text: str = "") -> None:
    """To whoever looks."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def line(runs: list[Run], broken: dict[int, list[str]], asked: argparse.Namespace) -> None:
    """The runs of a lot, and more about those that are broken."""
    for run in runs:
        struck = ", ".join(str(fault) for _, fault in run.struck) or "nothing"
        end = f"{run.job.status} {run.job.error_code}".strip() if run.job else "never stored"
        mark = "BROKEN" if run.number in broken else "ok"
        say(f"{run.number:4} {mark:6} {end:28} {run.seconds:5.1f} s {run.spent_again:6.1%}  {struck}")
        if run.number in broken:
            details(run, runs, broken[run.number], asked)


def details(run: Run, lot: list[Run], sentences: list[str], asked: argparse.Namespace) -> None:
    """Everything that helps to understand it, and how to have it again."""
    for sentence in sentences:
        say(f"       - {sentence}")
    for other in lot:
        for at, fault in other.struck:
            say(f"       {at % 1000:8.2f} s  {fault} of run {other.number}")
    if run.job:
        for event in run.job.events.order_by("sequence"):
            at = event.created_at.timestamp() % 1000
            say(f"       {at:8.2f} s  {event.sequence} {event.name} {event.station} {event.message[:160]}")
    again = f"python -m tests.chaos --seed {asked.seed} --runs {asked.runs} --only {run.number}"
    more = f" --together {asked.together} --workers {asked.workers}"
    say(f"       again: {again}{more}")


def table(runs: list[Run], broken: dict[int, list[str]], *, seconds: float) -> None:
    """Faults by kind, ends, money spent again, time."""
    say(f"\n{'fault':22} {'planned':>7} {'struck':>7} {'runs':>6} {'at rest':>8}")
    for kind in KINDS:
        planned = sum(fault.kind == kind for run in runs for fault in run.script.faults)
        hit = [run for run in runs if any(fault.kind == kind for _, fault in run.struck)]
        struck = sum(fault.kind == kind for run in runs for _, fault in run.struck)
        well = sum(run.number not in broken for run in hit)
        say(f"{kind:22} {planned:7} {struck:7} {len(hit):6} {well:8}")
    ends = Counter(f"{run.job.status} {run.job.error_code}".strip() for run in runs if run.job)
    again = [run.spent_again for run in runs]
    say(f"\nends            {', '.join(f'{count} {end}' for end, count in ends.most_common())}")
    say(f"faults struck   {sum(len(run.struck) for run in runs)}")
    mean = sum(again) / len(again)
    say(f"spent again     median {median(again):.1%}, mean {mean:.1%}, most {max(again):.1%}")
    times = sorted(run.seconds for run in runs)
    say(f"to the end      median {median(times):.1f} s, most {times[-1]:.1f} s")
    say(f"wall            {seconds:.0f} s")
    say(f"broken          {len(broken)} of {len(runs)}{': ' if broken else ''}{', '.join(map(str, broken))}")
    for sentence in broken.get(-1, []):
        say(f"  {sentence}")
