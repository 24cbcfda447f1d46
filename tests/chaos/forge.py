"""GitHub's twin with a repository for each run, which fails where the run's script says."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

from tests.chaos.faults import At, Fault
from tests.chaos.run import Run, Runs
from tests.github.twin import Answer, Request, Twin

REPO = re.compile(r"/repos/dream/paperboy-([0-9]+)(/|$)")
BAD_GATEWAY = Answer(502, {"message": "Bad Gateway"})
Strike = Callable[[Run, Fault, int], None]


class Forge(Twin):
    """The twin. Requests of one repository are answered one after the other, as GitHub has it."""

    def __init__(self, *given: object, runs: Runs, strike: Strike) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        self.runs = runs
        self.strike = strike
        self.accepts_doubles = False

    def api(self, request: Request) -> Answer:
        """One request, and what is to go wrong before and after it."""
        run = self.run_of(request)
        if run is None:
            return super().api(request)
        number = run.count("forge")
        kinds = self.go_wrong(run, At("forge", number), request)
        if "forge_502_not_done" in kinds:
            return BAD_GATEWAY
        with run.forge_lock, self.forgetting(run, request):
            answer = super().api(request)
        self.go_wrong(run, At("forge", number, after=True), request)
        return replace(BAD_GATEWAY) if "forge_502_done" in kinds else answer

    @contextmanager
    def forgetting(self, run: Run, request: Request) -> Iterator[None]:
        """For a control only: it shows no pull request and refuses none, as if none had been opened."""
        hub = self.hubs[str(run.repo)]
        forgets = self.accepts_doubles and urlsplit(request.target).path.endswith("/pulls")
        known, hub.pulls = hub.pulls, {} if forgets else hub.pulls
        yield
        hub.pulls = {**known, **hub.pulls}

    def go_wrong(self, run: Run, at: At, request: Request) -> set[str]:
        """Strike what is due at a point; returns the kinds."""
        due = run.due(at)
        for fault in due:
            self.strike(run, fault, request.port)
        return {fault.kind for fault in due}

    def run_of(self, request: Request) -> Run | None:
        """Whose repository a request is about."""
        found = REPO.search(urlsplit(request.target).path)
        if found is not None:
            return self.runs.get(int(found[1]))
        named = re.search(rb'"paperboy-([0-9]+)"', request.body or b"")
        return self.runs.get(int(named[1])) if named else None
