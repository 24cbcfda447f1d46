"""Deployments at GitHub: asked for once under a key of ours, then read; never with the merge they bring."""

import json
from typing import Any, Literal

from github import BadAttributeException
from github.Deployment import Deployment as GitHubDeployment
from github.DeploymentStatus import DeploymentStatus
from github.Repository import Repository

from builds.adapters.forge_github_errors import answers, said
from builds.ports import Deployment, Refused, Unavailable

OURS = "dream"  # the word of the payload under which our key is
State = Literal["pending", "succeeded", "failed"]
STATES: dict[str, State] = {"success": "succeeded", "failure": "failed", "error": "failed"}


def deploy(place: Repository, sha: str, environment: str, key: str) -> Deployment:
    """The deployment of this key: looked up, or created, and looked up again where the answer was lost."""
    found = find(place, sha, environment, key)
    if found is not None:
        return told(found, found.get_statuses().get_page(0))
    try:
        return told(create(place, sha, environment, key), [])
    except Unavailable:
        found = find(place, sha, environment, key)
        if found is None:
            raise
        return told(found, [])


def find(place: Repository, sha: str, environment: str, key: str) -> GitHubDeployment | None:
    """Ours among the deployments of a commit to an environment."""
    listed = place.get_deployments(sha=sha, environment=environment).get_page(0)
    return next((each for each in listed if key_of(each) == key), None)


def key_of(made: GitHubDeployment) -> str:
    """Our key in a payload, which GitHub gives back as an object or as text."""
    try:
        payload: Any = made.payload
    except BadAttributeException as error:
        payload = error.actual_value
    if isinstance(payload, str):
        try:
            payload = json.loads(payload)
        except ValueError:
            return ""
    return str(payload.get(OURS, "")) if isinstance(payload, dict) else ""


def create(place: Repository, sha: str, environment: str, key: str) -> GitHubDeployment:
    """Ask for it. No merge of the base branch, and no contexts: our own evidence stands behind this tree."""
    try:
        with answers(f"creating a deployment to {environment}"):
            return place.create_deployment(
                ref=sha,
                task="deploy",
                auto_merge=False,
                required_contexts=[],
                payload={OURS: key},
                environment=environment,
                description="Dream Machine: the head of a pull request",
            )
    except Refused as refusal:
        if refusal.code != "forge_refused":
            raise
        raise Refused("deploy_refused", f"GitHub does not deploy this: {said(refusal)}.") from refusal


def told(made: GitHubDeployment, statuses: list[DeploymentStatus]) -> Deployment:
    """A deployment in our words. One that a later one replaced counts as what it was before."""
    newest = sorted(statuses, key=lambda status: status.id, reverse=True)
    counted = [status for status in newest if status.state != "inactive"]
    last = next(iter(counted), None)
    state = STATES.get(last.state, "pending") if last else "pending"
    if newest and not counted:
        state = "failed"
    return Deployment(
        id=made.id,
        environment=made.environment,
        state=state,
        created_at=made.created_at,
        url=next((url for status in newest if (url := status.environment_url or status.target_url)), ""),
        why=(last.description if last else "") or "",
    )
