"""Prints how much of a build's input is in a prefix that an earlier request had: what a prompt cache can hit.

    .venv/bin/python -m benchmarks.prompt_prefix

The items of the relayed build (`tests/relay`) are carried out one after the other with its recorded answers,
in a real work tree and sandbox; database and provider are not needed. A token is counted as four bytes.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from builds.adapters.model_scripted import ScriptedModel
from builds.canonical import canonical_json
from builds.coding.loop import run_item
from builds.coding.structured import read
from builds.context import Context
from builds.evidence import Criterion, Item, PlannedItem
from builds.ports import Request
from builds.sessions import Session
from builds.stations.plan import PlanAnswer
from tests.coding.world import baseline_of, make_context, make_workspace
from tests.relay.endpoint import shared
from tests.relay.files import HERE, files

GOAL = 0.8


def prompt(request: Request) -> bytes:
    """What a provider puts before the model, in its order."""
    return canonical_json([request.model, request.tools, *request.messages])


def cached(requests: Sequence[Request]) -> Iterator[tuple[Request, int, int]]:
    """Each request with its tokens, and those of the longest beginning that an earlier one had too."""
    prompts = [prompt(request) for request in requests]
    for number, request in enumerate(requests):
        mine = prompts[number]
        known = max((shared(mine, other) for other in prompts[:number]), default=0)
        yield request, len(mine) // 4, known // 4


def share(requests: Sequence[Request]) -> float:
    """The part of all input tokens that was in such a prefix, 0 to 1."""
    counted = list(cached(requests))
    return sum(known for _, _, known in counted) / max(1, sum(size for _, size, _ in counted))


def build(folder: Path) -> tuple[Request, ...]:
    """Carry out the planned items; returns what the writer was asked."""
    session = Session.read(HERE / "session.toml")
    plan, wrong = read(session.turn[0].text, PlanAnswer)
    if plan is None:
        raise SystemExit(f"The session holds no plan: {wrong}")
    model = ScriptedModel([session])
    context, workspace = larder(make_context(folder, model)), make_workspace(folder, files())
    done: list[Item] = []
    for planned in plan.items:
        item = PlannedItem(**planned.model_dump())
        baseline = baseline_of(context, workspace)
        done.append(run_item(context, workspace, item, baseline=baseline, done_so_far=tuple(done)))
    return tuple(model.requests)


def larder(context: Context) -> Context:
    """The context of the relayed order."""
    text = (HERE / "spec.md").read_text(encoding="utf-8")
    spec = replace(context.facts.spec, title=text.partition("\n")[0].removeprefix("# "), markdown=text)
    lines = (line.removeprefix("- [ ] ") for line in text.splitlines() if line.startswith("- [ ] "))
    criteria = tuple(Criterion(number=number, text=line) for number, line in enumerate(lines, start=1))
    evidence = context.facts.evidence
    if evidence.intake is not None:
        intake = replace(evidence.intake, criteria=criteria, instructions=("AGENTS.md", "README.md"))
        evidence = replace(evidence, intake=intake)
    return replace(context, facts=replace(context.facts, spec=spec, evidence=evidence))


def main() -> None:
    """Print a line for each request, and the share."""
    with tempfile.TemporaryDirectory() as folder:
        requests = build(Path(folder))
    for request, size, known in cached(requests):
        print(f"item {request.item} turn {request.turn:2}: {size:6} tokens, {known / size:4.0%} cached")
    print(f"{share(requests):.1%} of the input is in an unchanged prefix (goal: {GOAL:.0%})")


if __name__ == "__main__":
    main()
