"""What a registered repository allows: read from its row only, never from generated code."""

from hashlib import sha256
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from builds.canonical import canonical_json

PROTECTED_PATHS = (
    ".github/",
    ".gitlab-ci.yml",
    ".circleci/",
    "Jenkinsfile",
    "Dockerfile*",
    "compose*.y*ml",
    "docker-compose*.y*ml",
    "deploy/",
    "k8s/",
    "terraform/",
    ".dream/",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "*requirements*.txt",
    "requirements/",
    "package.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    "pnpm-workspace.yaml",
    "pnpm-lock.yaml",
    "yarn.lock",
    "uv.lock",
    "poetry.lock",
    "Cargo.toml",
    "Cargo.lock",
    "go.mod",
    "go.sum",
    "Gemfile*",
)

PROTECTED_BRANCHES = ("main", "master", "production", "prod", "staging", "develop", "release", "release/**")


class Policy(BaseModel):
    """Every key a repo's policy may hold; an unknown one is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    checks: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Named check commands as argument lists; empty means detected."
    )
    setup: Literal["auto", "off"] = Field(
        default="auto", description="Whether dependencies are installed before checks run."
    )
    setup_hosts: tuple[str, ...] = Field(
        default=(),
        description="Hosts (name or name:port) an installation may reach; empty: where pip, npm, yarn look.",
    )
    protected_paths: tuple[str, ...] = Field(
        default=PROTECTED_PATHS, description="gitignore patterns; a change there pauses for a person."
    )
    protected_branches: tuple[str, ...] = Field(
        default=PROTECTED_BRANCHES, description="Branch patterns that are never written."
    )
    writer: str = Field(default="", description="Model that writes; empty means DREAM_MODEL.")
    reviewer: str = Field(default="", description="Model that reviews; empty means DREAM_REVIEW_MODEL.")
    four_eyes: Literal["critical", "always", "never"] = Field(
        default="critical", description="When the requester's own yes does not count."
    )
    plan_approval: bool = Field(default=False, description="Ask a person before code is written.")
    approval_days: int = Field(
        default=7, ge=1, le=90, description="A question that nobody answers fails the job."
    )
    concurrency: int | None = Field(
        default=None, ge=1, le=100, description="Builds at a time; empty means DREAM_REPO_CONCURRENCY."
    )
    deploy: str = Field(
        default="", description="Environment a shipper's pull request is deployed to; empty means none."
    )

    @property
    def version(self) -> str:
        """Hash of all the policy says of a change; part of what an approval is bound to."""
        return sha256(canonical_json(self.model_dump(exclude={"concurrency"}))).hexdigest()[:16]
