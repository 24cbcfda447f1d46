"""Intake: pin the base commit, find out how the repository checks itself, number the criteria."""

from builds.coding.detect import detect_checks
from builds.coding.workspace import Workspace
from builds.context import Context
from builds.evidence import Criterion, Intake
from builds.naming import branch_name
from builds.outcomes import Done, Fail, Outcome
from specs.slugs import slugify

INSTRUCTIONS = ("AGENTS.md", "CLAUDE.md", "CONTRIBUTING.md", "README.md", "README.rst")


def intake(context: Context) -> Outcome:
    """Costs nothing: no model is asked."""
    facts = context.facts
    base_sha = context.forge.branch_head(facts.repo.name, facts.job.base_branch)
    if base_sha is None:
        where = f"{facts.repo.name} has no branch {facts.job.base_branch!r}"
        return Fail("base_branch_missing", f"{where}; submit again with a baseBranch that exists.")
    workspace = Workspace.open(
        context.scratch / "workspace", forge=context.forge, repo=facts.repo.name, base_sha=base_sha
    )
    paths = {file.path for file in workspace.files(workspace.base_tree)}
    found = Intake(
        base_sha=base_sha,
        branch=branch(context),
        checks=detect_checks(workspace.root, facts.repo.policy),
        instructions=tuple(name for name in INSTRUCTIONS if name in paths),
        criteria=tuple(Criterion(number=n, text=text) for n, text in enumerate(facts.spec.criteria, start=1)),
        not_understood=facts.spec.not_understood,
    )
    context.progress.save_intake(found)
    return Done(summary(found, facts.job.base_branch))


def branch(context: Context) -> str:
    """This job's own branch; a new name once a person closed or merged the pull request of the old one."""
    facts = context.facts
    slug = slugify(facts.spec.title)
    known = facts.evidence.intake  # an attempt that started again may have been given another one
    name = known.branch if known else branch_name(facts.job.branch_prefix, slug, facts.job.job_id)
    if facts.job.attempt > 1:
        pull = context.forge.find_pull(facts.repo.name, name)
        if pull is not None and pull.state != "open":
            return branch_name(facts.job.branch_prefix, slug, facts.job.job_id, facts.job.attempt)
    return name


def summary(found: Intake, base_branch: str) -> str:
    """One line for the timeline."""
    checks = ", ".join(check.name for check in found.checks) or "none found"
    return f"{base_branch} at {found.base_sha[:10]}; {len(found.criteria)} criteria; checks: {checks}"
