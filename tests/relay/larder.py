"""The repository and the order of the relayed build, and a world in which models answer over HTTP."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from builds.adapters.forge_local import LocalForge
from builds.adapters.model_openai import OpenAIModel
from builds.models import Job, Repo
from builds.ports import Price, RepoName
from tests.relay.files import HERE, files
from tests.world import World, make_world

LARDER = RepoName("dream", "larder")
WRITER, REVIEWER = "relay/writer", "relay/reviewer"
PRICE = Price(input=Decimal(3), output=Decimal(15), cached_input=Decimal("0.3"))


def make_larder(folder: Path, url: str, *, seconds: float = 30) -> World:
    """A forge with the repository, and the OpenAI adapter at `url`."""
    world = make_world(folder, model=OpenAIModel("relay-key", url, timeout=seconds, silence=seconds))
    source = folder / "larder"
    for path, content in files().items():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_text(content, encoding="utf-8")
    assert isinstance(world.ports.forge, LocalForge)
    world.ports.forge.create(LARDER, source)
    repo = Repo.objects.create(owner=LARDER.owner, name=LARDER.name)
    prices = {WRITER: PRICE, REVIEWER: PRICE}
    ports = replace(world.ports, prices=prices, writer=WRITER, reviewer=REVIEWER)
    return replace(world, ports=ports, repo=repo)


def submit(world: World) -> Job:
    """The order, with five dollars."""
    spec = (HERE / "spec.md").read_text(encoding="utf-8")
    named = {"repo_owner": LARDER.owner, "repo_name": LARDER.name, "spec_id": "larder"}
    return world.submit(spec_markdown=spec, max_dollars=Decimal(5), **named)
