"""Runs builds in lots under faults, checks each, and prints what came of it."""

import argparse
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from builds.adapters.forge_local import LocalForge
from builds.models import Job, Repo
from builds.operations import submit
from dreamsite.embedded import Servers
from dreamsite.env import child_variables
from tests.chaos import checks, report
from tests.chaos.controls import CONTROLS, Control
from tests.chaos.disk import Disk
from tests.chaos.faults import Fault, Script, script
from tests.chaos.forge import Forge
from tests.chaos.listening import listening
from tests.chaos.processes import command, descendants
from tests.chaos.provider import PRICES, REVIEWER, WRITER, provider
from tests.chaos.receiver import receiver
from tests.chaos.run import Run, Runs
from tests.chaos.services import Service, Services
from tests.chaos.storm import Storm, read
from tests.github.server import serving
from tests.github.state import Grant
from tests.world import ALICE, EXAMPLES, order

TOLD_WITHIN = 45.0
KEY = "ghp_of_the_campaign"  # no other: a test looks for that of the twin in every process of this machine
QUIET_WITHIN = 15.0


@dataclass
class World:
    """Everything of one campaign."""

    folder: Path
    runs: Runs
    forge: Forge
    storm: Storm
    services: Services
    callback_url: str
    known: set[int] = field(default_factory=set)  # processes that belong here between two lots
    moments: dict[int, set[str]] = field(default_factory=dict)
    patience: float = 120.0  # seconds without any event, after which a lot is stuck
    stray: bool = False


def main(arguments: list[str]) -> int:
    """Run the campaign in a world of its own; 0 when nothing was broken."""
    asked = options(arguments)
    numbers = [asked.only] if asked.only is not None else list(range(asked.runs))
    lots = sorted({number // asked.together for number in numbers})
    began = time.monotonic()
    done: list[Run] = []
    broken: dict[int, list[str]] = {}
    with a_world(settings.VAR.parent, asked) as world:
        for lot in lots:
            runs = [Run(each) for each in scripts(asked, lot)]
            broken |= one_lot(world, runs)
            done += runs
            report.line(runs, broken, asked)
        if world.forge.violations:
            broken[-1] = [f"the forge was asked wrongly: {each}" for each in world.forge.violations]
    report.table(done, broken, seconds=time.monotonic() - began)
    return 1 if broken else 0


def options(arguments: list[str]) -> argparse.Namespace:
    """What may be asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="Run only the lot that this run is in.")
    parser.add_argument("--together", type=int, default=4, help="Runs of one lot, which are built at once.")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--control", choices=sorted(CONTROLS), help="A world that has to break its one run.")
    parser.add_argument("--calm", action="store_true", help="The same builds without faults.")
    parser.add_argument("--keep", action="store_true", help="Leave the folder with the logs.")
    return parser.parse_args(arguments)


def scripts(asked: argparse.Namespace, lot: int) -> list[Script]:
    """The runs of a lot."""
    if asked.control:
        return [CONTROLS[asked.control].script(0)]
    chosen = range(lot * asked.together, (lot + 1) * asked.together)
    wanted = [number for number in chosen if asked.only is not None or number < asked.runs]
    return [script(asked.seed, number, calm=asked.calm) for number in wanted]


@contextmanager
def a_world(folder: Path, asked: argparse.Namespace) -> Iterator[World]:
    """Servers of the outside, and services that know them."""
    call_command("migrate", verbosity=0, interactive=False)
    runs: Runs = {}
    storm: list[Storm] = []

    def strike(run: Run, fault: Fault, port: int) -> None:
        storm[0].strike(run, fault, port)  # it is made last, and asked later

    hears = receiver(runs, settings.CALLBACK_SECRETS[0])
    control = CONTROLS.get(asked.control or "", Control((), ""))
    forge = Forge(folder / "forge", runs=runs, strike=strike)
    forge.tokens[KEY] = Grant()
    forge.accepts_doubles = control.forge_accepts_doubles
    disk = made_disk(folder)
    with serving(forge), listening(provider(runs, strike)) as model_port, listening(hears) as hear_port:
        variables = variables_for(forge, model_port, folder, disk)
        wrap = disk.wrap if disk else ()
        known = [Service(["worker"], wrap) for _ in range(asked.workers)]
        services = Services(variables, folder / "services.log", known)
        if control.scheduler:
            known.append(Service(["scheduler"]))
        storm.append(Storm(Servers(settings.VAR), services, disk, hears.down_until))
        with services:
            world = World(folder, runs, forge, storm[0], services, f"http://127.0.0.1:{hear_port}")
            if asked.control:
                world.patience, world.stray = control.patience, control.stray
            yield world
    if disk:
        disk.stop()


def made_disk(folder: Path) -> Disk | None:
    """A disk that can be full, where the machine lets us have one."""
    disk = Disk(folder / "disk")
    try:
        disk.start()
    except OSError as error:
        report.say(f"disk_full is left out: {error}")
        return None
    return disk


def variables_for(forge: Forge, model_port: int, folder: Path, disk: Disk | None) -> dict[str, str]:
    """The environment of workers and scheduler."""
    near = disk.folder if disk else folder
    return {
        **child_variables(),
        "DREAM_FORGE": "github",
        "GITHUB_API_URL": forge.api_url,
        "GITHUB_TOKEN": KEY,
        "DREAM_MODEL_ADAPTER": "openai",
        "OPENAI_BASE_URL": f"http://127.0.0.1:{model_port}/v1",
        "OPENAI_API_KEY": "not a key",
        "DREAM_MODEL": WRITER,
        "DREAM_REVIEW_MODEL": REVIEWER,
        "DREAM_MODEL_PRICES": json.dumps(PRICES),
        "DREAM_ARTIFACTS": str(near / "artifacts"),
        "TMPDIR": str(near / "tmp") if disk else "/tmp",
    }


def one_lot(world: World, runs: list[Run]) -> dict[int, list[str]]:
    """Build them together, wait for their ends, and check; what does not hold, by run."""
    if not world.known:
        world.known = descendants(launcher())
    began = time.monotonic()
    if world.stray:
        subprocess.run(["sh", "-c", "sleep 40 &"], check=True)
    for run in runs:
        begin(world, run)
    until_rest(world, runs, began)
    world.storm.calm()
    end = time.monotonic() + TOLD_WITHIN
    while time.monotonic() < end and not read(lambda: all(told(run) for run in runs if run.seconds)):
        time.sleep(0.1)
    found = {run.number: read(lambda run=run: judged(world, run)) for run in runs}  # type: ignore[misc]
    left = left_behind(world)
    for run in runs:
        found[run.number] += left
    return {number: sentences for number, sentences in found.items() if sentences}


def until_rest(world: World, runs: list[Run], began: float) -> None:
    """Watch the lot until all of it has come to rest, or nothing has happened for too long."""
    seen, since, resting = 0, began, [False]
    while not all(resting) and time.monotonic() - since < world.patience:
        resting = [look(world, run, began) for run in runs]
        if (now := sum(run.events for run in runs)) != seen:
            seen, since = now, time.monotonic()
        time.sleep(0.1)


def begin(world: World, run: Run) -> None:
    """A repository of its own, registered, and the order."""
    world.runs[run.number] = run
    forge = LocalForge(world.forge.root)
    forge.create(run.repo, EXAMPLES / "paperboy")
    world.forge.add(run.repo, world.forge.root / run.repo.owner / f"{run.repo.name}.git")
    read(lambda: Repo.objects.get_or_create(owner=run.repo.owner, name=run.repo.name))
    wanted = order(
        run.script.spec,
        job_id=f"chaos-{run.number}",
        repo_owner=run.repo.owner,
        repo_name=run.repo.name,
        spec_markdown=run.markdown,
        max_dollars=Decimal(run.script.dollars),
        callback_url=f"{world.callback_url}/{run.number}",
    )
    run.job = read(lambda: submit(wanted, by=ALICE).job)


def look(world: World, run: Run, began: float) -> bool:
    """Strike what is due at an event; whether the run has come to rest."""
    job = read(lambda: Job.objects.get(pk=run.job.pk))  # type: ignore[union-attr]
    seen = world.moments.setdefault(run.number, set())
    rows = read(lambda: list(job.events.values_list("name", "station")))
    now = {word for name, station in rows for word in (name, f"{name} {station}")}
    for fault in run.script.faults:
        if fault.at.place == "event" and fault.at.event in now - seen:
            world.storm.strike(run, fault)
    seen |= now
    run.events = len(rows)
    if job.status not in checks.AT_REST:
        return False
    run.seconds = run.seconds or time.monotonic() - began
    return True


def told(run: Run) -> bool:
    """Whether all callbacks of its job are delivered."""
    assert run.job
    run.job.refresh_from_db()
    return checks.all_told(run.job)


def judged(world: World, run: Run) -> list[str]:
    """What does not hold of a run."""
    return checks.broken(run, world.forge.hubs[str(run.repo)])


def left_behind(world: World) -> list[str]:
    """What should have gone with the lot: horses, sandboxes, git, and their folders."""
    end = time.monotonic() + QUIET_WITHIN
    while (left := strangers(world)) and time.monotonic() < end:
        time.sleep(0.1)
    connections.close_all()
    folders = world.storm.disk.left_in_tmp() if world.storm.disk else []
    return [
        *(f"a process was left behind: {command(pid)[:200]}" for pid in left),
        *(f"a folder was left behind: {name}" for name in folders if name.startswith("dream-")),
    ]


def strangers(world: World) -> set[int]:
    """Processes below us that are neither services nor servers, nor what was there before."""
    servers = (world.storm.servers.postgres.process.pid, world.storm.servers.valkey.process.pid)
    services = {each.process.pid for each in world.services.services if each.process}
    expected = world.known | services | set(servers) | {pid for one in servers for pid in descendants(one)}
    return descendants(launcher()) - expected


def launcher() -> int:
    """The process that adopts all orphans: the one that started us."""
    with suppress(FileNotFoundError):
        return int((settings.VAR / "launcher").read_text(encoding="ascii"))
    raise SystemExit("start it with: python -m tests.chaos")
