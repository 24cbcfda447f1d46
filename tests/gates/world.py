"""What gates are asked about in tests: the facts of one job, and diffs that real git made."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from builds.coding.git import Git
from builds.context import Evidence, Facts, JobFacts, Money, RepoFacts, SpecFacts
from builds.evidence import Intake
from builds.naming import branch_name
from builds.policy import Policy
from builds.ports import Price, RepoName

JOB_ID = "job-of-ada"
BRANCH = branch_name("dream/", "csv-export", JOB_ID)
PRICES = {name: Price(input=Decimal(3), output=Decimal(15)) for name in ("acme/writer", "other/reviewer")}


@dataclass(frozen=True)
class Link:
    """A symbolic link, as the content of a file."""

    target: str


@dataclass(frozen=True)
class Program:
    """A file that can be run, as the content of a file."""

    text: str


Content = str | bytes | Link | Program


def facts(**evidence: Any) -> Facts:
    """Ada, a builder, has a job with money left for a repository with the usual policy."""
    intake = Intake(base_sha="b" * 40, branch=BRANCH, checks=())
    return Facts(
        job=JobFacts(
            job_id=JOB_ID,
            attempt=1,
            title="CSV export",
            user_id="ada",
            requester="ada",
            trust_level="builder",
            base_branch="main",
            branch_prefix="dream/",
            plan_approval=False,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
        ),
        spec=SpecFacts(sha256="5" * 64, title="CSV export", markdown="", overview="", criteria=()),
        repo=RepoFacts(
            name=RepoName("acme", "shop"),
            enabled=True,
            policy=Policy(),
            writer="acme/writer",
            reviewer="other/reviewer",
        ),
        money=Money(
            max_dollars=Decimal(5),
            spent=Decimal(1),
            reserved=Decimal(0),
            max_tokens=100_000,
            tokens_used=1_000,
            tokens_reserved=0,
            prices=PRICES,
        ),
        evidence=Evidence(**{"intake": intake, **evidence}),
    )


def changed(all_facts: Facts, part: str, **values: Any) -> Facts:
    """The same facts with other values in one part."""
    return replace(all_facts, **{part: replace(getattr(all_facts, part), **values)})


def with_policy(all_facts: Facts, **values: Any) -> Facts:
    """The same facts under another policy."""
    return changed(all_facts, "repo", policy=Policy(**values))


def with_patch(patch: bytes) -> Facts:
    """The usual facts with a change set."""
    return facts(tree_sha="7" * 40, patch=patch)


def diff(folder: Path, before: dict[str, Content], after: dict[str, Content]) -> bytes:
    """What git says changed between two sets of files, as a workspace asks it."""
    git = Git.init(folder / "git")
    return diff_of_trees(git, tree(git, before), tree(git, after))


def diff_of_trees(git: Git, old: str, new: str) -> bytes:
    """The same for two trees."""
    flags = ("--binary", "--full-index", "--no-renames", "-U100000000")
    return git.run("diff-tree", "-r", "-p", *flags, old, new)


def tree(git: Git, files: dict[str, Content], *, submodule: str = "") -> str:
    """The sha of a tree that holds these files; paths that no file system takes are fine too."""
    entries = [f"160000 {'c' * 40}\t{submodule}\0"] if submodule else []
    for path, content in files.items():
        mode, data = stored(content)
        raw = data.encode() if isinstance(data, str) else data
        entries.append(f"{mode} {git.text('hash-object', '-w', '--stdin', stdin=raw)}\t{path}\0")
    aside = git.using(GIT_INDEX_FILE=str(git.git_dir / "test.index"))
    aside.run("read-tree", "--empty")
    aside.run("update-index", "-z", "--index-info", stdin="".join(entries).encode())
    return aside.text("write-tree")


def stored(content: Content) -> tuple[str, str | bytes]:
    """The mode and the data of a file."""
    match content:
        case Link(target):
            return "120000", target
        case Program(text):
            return "100755", text
        case _:
            return "100644", content
