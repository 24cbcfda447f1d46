"""The measuring of `benchmarks.engine_cost`, on a Django that is set up."""

import os
import time
from argparse import Namespace
from statistics import median, quantiles

from django.conf import settings
from redis import Redis

from benchmarks.home import Home, machine
from benchmarks.samples import Bench, end_of, held, in_stations, let_go, no_ops, start_of
from benchmarks.scripted import write_sessions
from builds.models import CheckResult, ModelCall
from builds.pipeline import STATIONS

SMALL, LARGE = 1, 8
GOAL = 0.10


def measure(home: Home, arguments: Namespace) -> int:
    """Four figures, one after the other."""
    print(machine())
    sessions = write_sessions(home.folder / "sessions", (SMALL, LARGE))
    environment = home.environment | {
        "DREAM_SCRIPTED_SESSIONS": str(sessions),
        "DREAM_REPO_CONCURRENCY": "0",
        "DREAM_SANDBOX": "none",
    }
    bench = Bench(environment, Redis.from_url(settings.REDIS_URL))
    if "start" in arguments.figures:
        with bench.workers():
            doorbells(bench, arguments.doorbells)
    if "job" in arguments.figures:
        with bench.workers():
            whole_jobs(bench, arguments.jobs)
    if "throughput" in arguments.figures:
        for latency in (0.0, 1.0):
            for count in arguments.workers:
                throughput(bench, count, arguments.jobs, latency)
    if "items" in arguments.figures:
        eight_items(bench, arguments.model_seconds)
    return 0


def doorbells(bench: Bench, samples: int) -> None:
    """From the doorbell to the start of a station, against enqueue to the start of a no-op."""
    ours, stock = [], []
    for number in range(samples + 1):
        began = time.time()
        theirs = no_ops(bench, 1).began - began
        job = held(SMALL, base_branch="no-such-branch")  # so that it ends at its first station
        rung = let_go(job)
        mine = start_of(job) - rung
        if number:  # the first of each wakes what the others find awake
            stock.append(theirs)
            ours.append(mine)
    for name, rank in (("p50", 50), ("p99", 99)):
        mine, theirs = percentile(ours, rank), percentile(stock, rank)
        line(
            f"doorbell to station start, {name}",
            mine,
            f"{mine / theirs:.1f} × a no-op's {theirs * 1000:.0f} ms",
        )


def whole_jobs(bench: Bench, jobs: int) -> None:
    """A job of seven stations, one after the other on one worker, against as many no-ops."""
    walls, works, stock = [], [], []
    for _ in range(jobs):
        began = time.time()
        stock.append(no_ops(bench, len(STATIONS)).ended - began)
        job = held(SMALL)
        rung = let_go(job)
        walls.append(end_of(job) - rung)
        works.append(in_stations(job))
    engine = median(wall - work for wall, work in zip(walls, works, strict=True))
    theirs = median(stock)
    against = f"× {len(STATIONS)} no-ops' {theirs * 1000:.0f} ms"
    line(f"a job of {len(STATIONS)} stations", median(walls), f"{median(walls) / theirs:.1f} {against}")
    line("  inside its stations", median(works), "git, tools and rows: what a build is")
    line("  the engine between them", engine, f"{engine / theirs:.1f} {against}")


def throughput(bench: Bench, workers: int, jobs: int, latency: float) -> None:
    """Jobs a minute, all due at once, against as many chains of seven no-ops on as many stock workers."""
    with bench.workers(ours=workers, stock=workers, DREAM_SCRIPTED_DELAY=str(latency)):
        began = time.time()
        stock = max(end.ended for end in bench.chains(jobs, len(STATIONS))) - began
        waiting = [held(SMALL, repo=number) for number in range(jobs)]
        began = let_go(*waiting)
        ours = max(end_of(job) for job in waiting) - began
    name = f"jobs a minute, {workers} workers, {latency:g} s a call"
    print(f"{name:46}{jobs / ours * 60:9.1f}     {ours / stock:.1f} × the time of their no-ops", flush=True)


def eight_items(bench: Bench, seconds: float) -> None:
    """What a build takes beside its model, the repository's own checks in the real sandbox among it."""
    before = used()
    with bench.workers(stock=0, DREAM_SCRIPTED_DELAY=str(seconds), DREAM_SANDBOX="bwrap"):
        job = held(LARGE)
        rung = let_go(job)
        wall = end_of(job) - rung
    calls = ModelCall.objects.filter(job=job).count()
    checks = sum(float(check.run["seconds"]) for check in CheckResult.objects.filter(job=job))
    latency = calls * seconds
    beside = wall - latency
    line(f"{LARGE} items, {calls} calls of {seconds:g} s each", wall, f"the model alone {latency:.1f} s")
    line("  beside the model", beside, f"{beside / latency:.1%} of its latency (goal: {GOAL:.0%})")
    line("  of it the checks in the sandbox", checks, f"{checks / latency:.1%} of it")
    busy = used() - before
    line("  processor time, the worker's start included", busy, f"{busy / latency:.1%} of it")


def used() -> float:
    """Seconds of processor time of all processes that were started here and have ended."""
    times = os.times()
    return times.children_user + times.children_system


def percentile(values: list[float], rank: int) -> float:
    """The value that so many in a hundred do not pass."""
    return quantiles(values, n=100, method="inclusive")[rank - 1]


def line(name: str, seconds: float, ratio: str) -> None:
    """One figure, with what it is compared to."""
    print(f"{name:46}{seconds * 1000:9.0f} ms  {ratio}", flush=True)
