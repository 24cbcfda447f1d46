"""Why an operation was refused: each is a noun, its `code` is one word for programs, nothing has changed."""

from typing import ClassVar


class NotDone(Exception):
    """The operation was refused and nothing changed."""

    code: ClassVar[str] = "not_done"


class NoSuchJob(NotDone):
    """There is no such job, or it is somebody else's."""

    code = "job_not_found"


class RepoNotRegistered(NotDone):
    """The target repository is not registered, or is disabled."""

    code = "repo_not_registered"


class RepoExists(NotDone):
    """A repository of that name is registered already."""

    code = "repo_exists"


class NoSuchRepo(NotDone):
    """There is no such repository."""

    code = "repo_not_found"


class EndpointNotAllowed(NotDone):
    """The repository's policy does not let its code go to the configured model endpoint."""

    code = "endpoint_not_allowed"


class BudgetTooLarge(NotDone):
    """The repository's policy does not let one build take so much."""

    code = "budget_too_large"


class IssueUnreadable(NotDone):
    """There is no such issue, or it cannot be read as a spec."""

    code = "issue_unreadable"


class KeyReused(NotDone):
    """The idempotency key is in use for another request of this caller."""

    code = "idempotency_key_reused"


class ModelNotPriced(NotDone):
    """A model has no price, so no budget could hold."""

    code = "model_not_priced"


class NotTrusted(NotDone):
    """The caller's trust level does not allow it."""

    code = "not_trusted"


class ScopeMissing(NotDone):
    """The caller's token is not for this; any one of `scopes` would do."""

    code = "scope_missing"

    def __init__(self, sentence: str = "", scopes: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.scopes = scopes


class QuotaExceeded(NotDone):
    """The user has as many unfinished jobs as one may have."""

    code = "quota_exceeded"


class NameTaken(NotDone):
    """The job id is in use for another order."""

    code = "job_id_reused"


class NotPaused(NotDone):
    """The job asks no question now."""

    code = "not_paused"


class ContentChanged(NotDone):
    """The answer was for other content than the job now holds."""

    code = "content_changed"


class AlreadyDecided(NotDone):
    """Somebody else answered first."""

    code = "already_decided"


class MayNotDecide(NotDone):
    """This question wants somebody else's answer."""

    code = "may_not_decide"


class HashMissing(NotDone):
    """A decision has to name the content it is for."""

    code = "content_hash_missing"


class CommentMissing(NotDone):
    """A no has to say why."""

    code = "comment_missing"


class WrongState(NotDone):
    """The job's state does not allow it."""

    code = "wrong_state"


class PullRequestOpen(NotDone):
    """A pull request of this job is open, so its branch is only ever added to."""

    code = "pull_request_open"


class UnknownStation(NotDone):
    """There is no such station to start from."""

    code = "unknown_station"
