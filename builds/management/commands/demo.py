"""`manage.py demo`: two builds through every station, from nothing, with nothing to configure."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from builds.adapters import connect
from builds.adapters.forge_local import LocalForge
from builds.management import terminal
from builds.models import Approval, Job, Repo
from builds.operations import approve, facts, submit
from builds.orders import Order
from builds.people import Person
from builds.ports import RepoName
from builds.states import JobStatus
from dreamsite.supervisor import Child, Supervisor

EXAMPLES = Path(settings.ROOT) / "specs" / "examples"
PAPERBOY = RepoName("demo", "paperboy")
REQUESTER = Person(name="demo-requester", subject="demo-requester", level="builder", via="cli")
REVIEWER = Person(name="demo-reviewer", subject="demo-reviewer", reviews=True, via="cli")
QUIET = timedelta(minutes=10)


class Command(BaseCommand):
    """Build the example twice: once straight through, once with a person at a gate."""

    help = "Build an example through every station, from nothing: no key, no network, a real repository."

    def handle(self, *_: Any, **__: Any) -> None:
        """A worker of its own does the work; this process only watches the database."""
        console = Console()
        variables = self.sandbox(console)
        self.model(console)
        self.repository()
        log = settings.VAR / "demo.log"
        worker = Child("worker", ["worker"], variables=variables)
        with log.open("ab") as output, Supervisor([worker], said=console.print, output=output).running():
            self.first(console)
            self.second(console)
        console.print(f"\nThe repository: {settings.LOCAL_REPOS}/{PAPERBOY}.git   The worker's log: {log}")
        console.print("Next: [bold]python3 manage.py up[/bold] starts the service with its admin and API.")

    def sandbox(self, console: Console) -> dict[str, str]:
        """Say what runs generated code; where nothing can, nothing is run."""
        probe = connect().sandbox.probe()
        if probe.ok and settings.SANDBOX != "none":
            console.print("Sandbox: bubblewrap; generated code has no network and sees no file of this machine.")
            return {}
        console.print(f"[yellow]No sandbox here: {probe.reason} {probe.mend}[/yellow]")
        console.print("No generated code is run, checks are `not run`, and the pull requests are drafts.")
        return {"DREAM_SANDBOX": "none"}

    def model(self, console: Console) -> None:
        """Say who writes."""
        if settings.MODEL_ADAPTER == "scripted":
            console.print("Model: a scripted session, written by hand, stands in for the model (no key is set).")
        else:
            console.print(f"Model: {settings.WRITER}, reviewed by {settings.REVIEWER}, at {settings.OPENAI_BASE_URL}")

    def repository(self) -> None:
        """A real bare repository made from the example, and its registration."""
        forge = LocalForge(settings.LOCAL_REPOS)
        if not (settings.LOCAL_REPOS / f"{PAPERBOY}.git").exists():
            forge.create(PAPERBOY, EXAMPLES / "paperboy")
        Repo.objects.get_or_create(owner=PAPERBOY.owner, name=PAPERBOY.name)

    def first(self, console: Console) -> None:
        """Straight through: a failed edit is corrected, a red check is repaired."""
        console.rule("First build: a spec becomes a pull request")
        job = self.build(console, "csv-export")
        if job.status != JobStatus.SUCCEEDED.value:
            raise CommandError(f"The first build ended as {job.status}: {job.error_message}", returncode=5)
        self.result(console, job)

    def second(self, console: Console) -> None:
        """A dropped column: a person is asked, and the answer costs nothing."""
        console.rule("Second build: a person decides")
        job = self.build(console, "drop-fax")
        if job.status == JobStatus.PAUSED.value:
            question = job.approvals.get(state=Approval.State.OPEN)
            console.print(terminal.question_panel(question))
            calls = job.model_calls.count()
            said = "I have a backup; the numbers may go."
            approve(job.job_id, by=REVIEWER, content_hash=question.content_hash, comment=said)
            console.print(f"{REVIEWER.name} approves: {said}")
            self.watch(console, job)
            console.print(f"Model calls after the approval: {job.model_calls.count() - calls}")
        if job.status != JobStatus.SUCCEEDED.value:
            raise CommandError(f"The second build ended as {job.status}: {job.error_message}", returncode=5)
        self.result(console, job)

    def build(self, console: Console, spec: str) -> Job:
        """Submit and watch."""
        order = Order(
            job_id=f"demo-{spec}-{uuid4().hex[:8]}",
            spec_id=spec,
            user_id=REQUESTER.subject,
            repo_owner=PAPERBOY.owner,
            repo_name=PAPERBOY.name,
            spec_markdown=(EXAMPLES / f"{spec}.md").read_text(encoding="utf-8"),
            max_dollars=Decimal("2.00"),
            max_tokens=2_000_000,
        )
        job = submit(order, by=REQUESTER).job
        console.print(f"Job {job.job_id}: “{job.title}” for {PAPERBOY}, budget ${job.max_dollars:.2f}")
        self.watch(console, job)
        return job

    def watch(self, console: Console, job: Job) -> None:
        """Print events until the job is final or paused."""
        seen = job.events.filter(name="run.paused").values_list("sequence", flat=True).last() or 0
        try:
            for event in terminal.follow(job, after=seen, quiet=QUIET):
                console.print(terminal.event_line(event))
        except terminal.WentQuiet as error:
            raise CommandError(f"{error} See {settings.VAR / 'demo.log'}.") from error

    def result(self, console: Console, job: Job) -> None:
        """What the morning finds: branch, commits, checks, criteria, money, the pull request."""
        terminal.tell(console, job, facts(job))
        forge = LocalForge(settings.LOCAL_REPOS)
        for line in forge.log(PAPERBOY, job.branch, job.base_sha):
            console.print(f"  {line}", highlight=False)
        console.print(terminal.pull_panel(job))
