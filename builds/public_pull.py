"""What the outside sees of a job's pull request since it was opened, as far as the forge told it."""

from typing import Any

from builds.models import Job
from builds.ports import PullRequest
from builds.public_results import moment
from builds.pull_news import PullNews, Said
from builds.values import load


def news_of(job: Job) -> PullNews | None:
    """What was heard of the job's present pull request; None when nothing was."""
    found = load(PullNews, job.pull_news) if job.pull_news else None
    return found if found and found.number == job.pr_number else None


def pull_request(job: Job) -> dict[str, Any] | None:
    """The pull request as we last know it; None while there is none.

    `heardAt` is null when the forge told nothing: then the state is the one that it was left in.
    """
    if job.pr_number is None:
        return None
    left = load(PullRequest, job.pull) if job.pull else None
    news = news_of(job)
    heard = news or PullNews(number=job.pr_number, state=left.state if left else "open")
    return {
        "number": job.pr_number,
        "url": job.pr_url or None,
        "draft": bool(left and left.draft),
        "state": heard.state,
        "merged": heard.state == "merged",
        "stateBy": heard.state_by or None,
        "stateAt": moment(heard.state_at),
        "reviews": [{"verdict": review.verdict, **told(review)} for review in heard.reviews],
        "comments": heard.comments,
        "newestComments": [{"place": one.place or None, **told(one)} for one in heard.newest],
        "checks": {
            "failed": [
                {
                    "name": check.name,
                    "conclusion": check.conclusion,
                    "headSha": check.head_sha,
                    "ofThisHead": check.head_sha == job.head_sha,
                    "url": check.url or None,
                    "at": moment(check.at),
                }
                for check in heard.failed
            ]
        },
        "heardAt": moment(heard.heard_at),
    }


def told(said: Said) -> dict[str, Any]:
    """Who wrote what, when and where it is to be read."""
    return {"by": said.by or None, "text": said.text or None, "url": said.url or None, "at": moment(said.at)}
