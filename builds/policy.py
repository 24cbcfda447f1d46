"""What a registered repository allows: read from its row only, never from generated code."""

from decimal import Decimal
from hashlib import sha256
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

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


OF_NO_CHANGE = {"concurrency", "day_usd", "max_dollars", "max_tokens", "reviewers"}
"""Keys about money and people; what was approved stays approved when they change."""

ADDED = ("config_path", "endpoints")
"""Keys that are younger than approvals which may still be open: one that says nothing changes no version."""


class Policy(BaseModel):
    """Every key a repo's policy may hold; an unknown one is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    checks: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Named check commands as argument lists; empty means detected."
    )
    config_path: str = Field(
        default=".dream/factory.yaml",
        min_length=1,
        max_length=300,
        description="File of the repository that names its checks, read at the base commit.",
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
    endpoints: tuple[str, ...] = Field(
        default=(), description="Model endpoints its code may go to; empty means the configured one."
    )
    reviewers: tuple[str, ...] = Field(
        default=(), description="The only reviewers who decide here, by subject or user name; empty: all."
    )
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
    max_dollars: Decimal | None = Field(
        default=None, gt=0, description="The most that one build may be given; empty means no limit."
    )
    max_tokens: int | None = Field(
        default=None, gt=0, description="The same in tokens; empty means no limit."
    )
    day_usd: Decimal | None = Field(
        default=None,
        gt=0,
        description="Dollars that builds for it may take in a day; empty: DREAM_REPO_DAY_USD.",
    )
    deploy: str = Field(
        default="", description="Environment a shipper's pull request is deployed to; empty means none."
    )

    @field_validator("config_path")
    @classmethod
    def inside(cls, value: str) -> str:
        """A path inside the repository."""
        parts = value.split("/")
        if {"", ".", "..", ".git"} & set(parts) or not value.isprintable() or "\\" in value:
            raise ValueError("it must be a path inside the repository, such as .dream/factory.yaml")
        return value

    @property
    def version(self) -> str:
        """Hash of all the policy says of a change; part of what an approval is bound to."""
        said = self.model_dump(exclude=OF_NO_CHANGE)
        silent = {name for name in ADDED if said[name] == type(self).model_fields[name].default}
        kept = {name: value for name, value in said.items() if name not in silent}
        return sha256(canonical_json(kept)).hexdigest()[:16]
