"""`manage.py demo`: two builds through every station, from nothing, with nothing to configure."""

import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from builds.adapters import connect
from builds.adapters.forge_local import LocalForge
from builds.management.following import ENDED, WentQuiet, show_events
from builds.management.job_pages import show_evidence, show_pull, show_question
from builds.management.terminal import Screen, stop
from builds.models import Approval, Job, Repo
from builds.operations import approve, facts, submit
from builds.orders import Order
from builds.people import Person
from builds.ports import RepoName
from builds.refusals import NotDone
from builds.states import JobStatus
from builds.sweep import sweep
from dreamsite.supervisor import Child, Supervisor

EXAMPLES = Path(settings.ROOT) / "specs" / "examples"
PAPERBOY = RepoName("demo", "paperboy")
REQUESTER = Person(name="demo-requester", subject="demo-requester", level="builder", via="cli")
REVIEWER = Person(name="demo-reviewer", subject="demo-reviewer", reviews=True, via="cli")
QUIET = timedelta(minutes=10)
WITH_DEPENDENCIES = {"lending": "overdue-books", "slugs": "unique-slugs"}
"""Examples, a Django app and a TypeScript package, and the spec of each."""


class Sweeper:
    """Does the scheduler's part while we look anyway: no process of its own for two short builds."""

    def __init__(self) -> None:
        self.due = 0.0

    def __call__(self, _: Job) -> None:
        """Sweep when it is time."""
        if time.monotonic() >= self.due:
            self.due = time.monotonic() + settings.SWEEP_EVERY.total_seconds()
            sweep("demo")


SWEEPER = Sweeper()


class Command(BaseCommand):
    """Build the example twice: once straight through, once with a person at a gate."""

    help = "Build an example through every station, from nothing: no key, no network, a real repository."

    def add_arguments(self, parser: CommandParser) -> None:
        """One option: which example."""
        known = "an example whose dependencies are installed from their registry, instead of the two builds"
        parser.add_argument("--example", choices=sorted(WITH_DEPENDENCIES), help=f"Build {known}.")

    def handle(self, *_: Any, example: str | None, **__: Any) -> None:
        """A worker of its own does the work; this process only watches the database."""
        screen = Screen()
        variables = sandbox(screen)
        model(screen)
        repo = RepoName(PAPERBOY.owner, example or PAPERBOY.name)
        repository(repo)
        log = settings.VAR / "demo.log"
        # The example's repository is on disk, whatever credentials this machine has.
        worker = Child("worker", ["worker"], variables={**variables, "DREAM_FORGE": "local"})
        try:
            with log.open("ab") as output, Supervisor([worker], said=screen.print, output=output).running():
                if example:
                    result(screen, build(screen, WITH_DEPENDENCIES[example], repo))
                else:
                    first(screen)
                    second(screen)
        except (NotDone, WentQuiet) as error:
            stop("demo", f"{error} The worker's log: {log}")
        screen.heading("That was it")
        screen.print(f"The repository   {settings.LOCAL_REPOS}/{repo}.git")
        screen.print(f"The worker's log {log}")
        screen.print("Next             python3 manage.py up   starts the service with its admin and its API")


def sandbox(screen: Screen) -> dict[str, str]:
    """Say what runs generated code; where nothing can, nothing is run."""
    probe = connect().sandbox.probe()
    if probe.ok and settings.SANDBOX != "none":
        screen.print("Sandbox: bubblewrap; generated code has no network and sees no file of this machine.")
        return {}
    why = f"{probe.reason} {probe.mend}" if not probe.ok else "DREAM_SANDBOX=none was chosen."
    screen.print(f"No sandbox here: {why}", style="yellow")
    screen.print("No generated code is run, checks are not run, and the pull requests are drafts.")
    return {"DREAM_SANDBOX": "none"}


def model(screen: Screen) -> None:
    """Say who writes."""
    if settings.MODEL_ADAPTER == "scripted":
        screen.print("Model: a scripted session, written by hand, stands in for the model (no key is set).")
    else:
        screen.print(
            f"Model: {settings.WRITER}, reviewed by {settings.REVIEWER}, at {settings.OPENAI_BASE_URL}"
        )


def repository(repo: RepoName) -> None:
    """A real bare repository made from the example, and its registration."""
    forge = LocalForge(settings.LOCAL_REPOS)
    if not (settings.LOCAL_REPOS / f"{repo}.git").exists():
        forge.create(repo, EXAMPLES / repo.name)
    Repo.objects.get_or_create(owner=repo.owner, name=repo.name)


def first(screen: Screen) -> None:
    """Straight through: a failed edit is corrected, a red check is repaired."""
    screen.heading("First build: a spec becomes a pull request")
    result(screen, build(screen, "csv-export"))


def second(screen: Screen) -> None:
    """A dropped column: a person is asked, and the answer costs nothing."""
    screen.heading("Second build: a person decides")
    job = build(screen, "drop-fax")
    question = job.approvals.filter(state=Approval.State.OPEN).first()
    if question:
        show_question(screen, question)
        calls, seen = job.model_calls.count(), job.last_sequence
        said = "I have a backup; the numbers may go."
        approve(job.job_id, by=REVIEWER, content_hash=question.content_hash, comment=said)
        screen.print(f"{REVIEWER.name} approves: {said}", style="bold green")
        show_events(screen, job, after=seen, quiet=QUIET, looked=SWEEPER)
        screen.print(f"Model calls after the approval: {job.model_calls.count() - calls}")
    result(screen, job)


def build(screen: Screen, spec: str, repo: RepoName = PAPERBOY) -> Job:
    """Submit and watch. Raises NotDone or WentQuiet."""
    order = Order(
        job_id=f"demo-{spec}-{uuid4().hex[:8]}",
        spec_id=spec,
        user_id=REQUESTER.subject,
        repo_owner=repo.owner,
        repo_name=repo.name,
        spec_markdown=(EXAMPLES / f"{spec}.md").read_text(encoding="utf-8"),
        max_dollars=Decimal("2.00"),
        max_tokens=2_000_000,
    )
    job = submit(order, by=REQUESTER).job
    screen.print(f"Job {job.job_id}: “{job.title}” for {repo}, at most ${job.max_dollars:.2f}")
    show_events(screen, job, quiet=QUIET, looked=SWEEPER)
    return job


def result(screen: Screen, job: Job) -> None:
    """What the morning finds: branch, commits, checks, criteria, money, the pull request."""
    if job.status != JobStatus.SUCCEEDED.value:
        stop("demo", f"The build {job.job_id} ended as {job.status}: {job.error_message}", ENDED)
    show_evidence(screen, job, facts(job))
    screen.print("Commits", style="bold")
    for line in LocalForge(settings.LOCAL_REPOS).log(job.repo.ref, job.branch, job.base_sha):
        screen.print(f"  {line}")
    show_pull(screen, job)
