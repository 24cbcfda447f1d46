"""The doors to runs: order one under an idempotency key, list them, look at one."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from builds import operations, refusals
from builds.api.fields import is_name
from builds.api.pages import listed
from builds.api.parameters import Parameters
from builds.api.problems import BadInput, Flaw
from builds.api.v1.limits import limited
from builds.api.v1.listing import narrowed, places
from builds.api.v1.orders import RunWish, read_run
from builds.api.v1.repos import find_repo
from builds.api.v1.words import artifact, run, run_path, run_stations, whole_run
from builds.api.views import Door, TokenMismatch, body, caller, person
from builds.models import Job, Repo
from builds.operations import Key, Submitted
from specs.parsed import BadSpec

USUAL = 50
MOST_ARTIFACTS = 100
LONGEST_KEY = 255
NO_KEY = "Idempotency-Key header is required"


class NoSuchRun(refusals.NotDone):
    """There is no such run, or it is somebody else's."""

    code = "run_not_found"


class Runs(Door):
    """Where runs are ordered and listed."""

    scopes = {"GET": "builds:read", "POST": "builds:write"}

    def get(self, request: Request) -> Response:
        """The runs that the caller may see, the newest first, in pages."""
        asked = Parameters(request, once=("status", "repo", "repoId"))
        found = narrowed(asked)
        paging = limited(asked, of="v1/runs", by=person(request), usual=USUAL)
        page = paging.page(*places(person(request), found))
        return listed(request, "runs", page, [run(job) for job in page.rows])

    def post(self, request: Request) -> Response:
        """Store a run once for each key; the same request again is answered with the same run."""
        text = read_key(request)
        wish = read_run(body(request, required=True), subject=person(request).subject)
        check_binding(request, wish)
        try:
            submitted = ordered(wish, text, request)
        except BadSpec as error:
            raise BadInput(str(error), (Flaw("/spec", str(error)),)) from None
        return answered(submitted, text)


class OneRun(Door):
    """A run as it stands."""

    scopes = {"GET": "builds:read"}

    def get(self, request: Request, run_id: str) -> Response:
        """The run, all its stations from the start, and the newest of its artifacts."""
        job = find_run(request, run_id)
        artifacts = [artifact(row, job) for row in job.artifacts.order_by("-id")[:MOST_ARTIFACTS]]
        return Response({"run": told(job, request), "stations": run_stations(job), "artifacts": artifacts})


def told(job: Job, request: Request) -> dict[str, Any]:
    """The run as this caller sees it."""
    return whole_run(job, person(request), allowed=caller(request).allowed)


def find_run(request: Request, run_id: str) -> Job:
    """The run of that name, if the caller may see it. Raises NoSuchRun."""
    try:
        if is_name(run_id):
            return operations.find(run_id, person(request))
    except refusals.NoSuchJob:
        pass
    raise NoSuchRun("Not found")


def read_key(request: Request) -> str:
    """The idempotency key, without spaces around it. Raises BadInput."""
    found = request.headers.get("idempotency-key", "").strip()
    if not found:
        raise BadInput(NO_KEY)
    if len(found) > LONGEST_KEY or not found.isprintable():
        raise BadInput(f"Idempotency-Key must have at most {LONGEST_KEY} printable characters")
    return found


def check_binding(request: Request, wish: RunWish) -> None:
    """A token speaks for its own user; one that was made for a job makes no other. Raises TokenMismatch."""
    who = caller(request)
    if who.job_id:
        raise TokenMismatch("The token's jti claim binds it to one job; a run has a name of its own")
    if who.user_id and who.user_id != wish.requestor:
        raise TokenMismatch("The token's user is not the requestor of this run")


def ordered(wish: RunWish, text: str, request: Request) -> Submitted:
    """The run of this key: the one it made, or a new one. An issue is read before anything is stored."""
    by = person(request)
    repo = target(wish)
    key = Key(text=text, payload_hash=wish.payload_hash(repo.ref if repo else wish.repo))
    known = operations.kept_run(key, by=by)
    if known is not None:
        return Submitted(known, replayed=True)
    if repo is None:
        raise refusals.RepoNotRegistered("Repository not found")
    if not repo.enabled:
        raise refusals.RepoNotRegistered("Repository is disabled")
    spec = wish.spec
    if wish.issue_number is not None:
        spec = operations.issue_spec(repo.ref, wish.issue_number)
    request_id = request.META.get("dream.request_id", "")
    return operations.submit_once(wish.order(repo, spec), key=key, by=by, request_id=request_id)


def target(wish: RunWish) -> Repo | None:
    """The repository of a wish. Raises RepoNotRegistered for an id that is none."""
    if not wish.repo_id:
        return operations.repo_named(wish.repo.owner, wish.repo.name)
    repo = find_repo(wish.repo_id)
    if repo is None:
        raise refusals.RepoNotRegistered("Repository not found")
    return repo


def answered(submitted: Submitted, text: str) -> Response:
    """202 for a new run and 200 for a replay. `pending` and `requeued` are of a queue that could be lost."""
    replayed = submitted.replayed
    idempotency = {"key": text, "replayed": replayed, "status": "succeeded", "requeued": False}
    answer = Response(
        {"run": run(submitted.job), "idempotency": idempotency}, status=200 if replayed else 202
    )
    answer["Location"] = run_path(submitted.job)
    if replayed:
        answer["Idempotent-Replayed"] = "true"
    return answer
