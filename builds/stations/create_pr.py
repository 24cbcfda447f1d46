"""Create PR: one branch with a commit for each work item, one pull request with evidence. Never a merge."""

from builds.coding.opening import intake_of, open_workspace
from builds.coding.rebasing import look_at_base, with_base_seen
from builds.coding.workspace import Workspace
from builds.context import Context, Facts
from builds.outcomes import Back, Done, Fail, Outcome
from builds.ports import Commit, NewPull, PullRequest, PullUpdate, Refused
from builds.publishing.body import as_draft_because, pull_body
from builds.publishing.criteria import judge_criteria
from builds.publishing.offers import offer_text
from builds.secrets import mask

TITLE = 200


def create_pr(context: Context) -> Outcome:
    """Each effect is keyed by the job and looked up before it is made: a second run makes no second one."""
    looked = look_at_base(context)
    if isinstance(looked, Back):
        return looked
    context = with_base_seen(context, looked)
    facts, intake = context.facts, intake_of(context)
    workspace = open_workspace(context, facts.evidence.items)
    if workspace.tree() != facts.evidence.tree_sha:
        return Fail(
            "tree_mismatch", "The patches do not make the tree that was checked; rerun from implement."
        )
    known = context.forge.find_pull(facts.repo.name, intake.branch)
    if known is not None and known.state != "open":
        return closed(known)  # before anything more is pushed to its branch
    context.progress.beat()
    head = context.forge.publish(facts.repo.name, intake.branch, intake.base_sha, commits(context, workspace))
    context.progress.save_branch(head, facts.evidence.tree_sha)
    context.progress.beat()
    pull = opened(context, head, known)
    if isinstance(pull, Fail):
        return pull
    context.progress.save_pull(pull)
    for judged in judge_criteria(facts):
        context.progress.save_criterion(judged.criterion.number, judged.status, judged.evidence)
    return ending(facts, f"{'Draft pull' if pull.draft else 'Pull'} request #{pull.number}: {pull.url}")


def ending(facts: Facts, note: str) -> Outcome:
    """Done, or for a job without money: its part stands as a draft, and the job says what is missing."""
    if not facts.evidence.left_out:
        return Done(note)
    why = f"The budget is used up. {note} holds what is finished. {offer_text(facts)}"
    return Fail("budget_exhausted", why, resume="implement", done=note)


def closed(pull: PullRequest) -> Fail:
    """What to do about it."""
    why = f"Pull request #{pull.number} was {pull.state} by a person; a rerun takes a new branch."
    return Fail("pull_request_closed", why)


def commits(context: Context, workspace: Workspace) -> tuple[Commit, ...]:
    """One for each item that changed something; a function of rows, so any worker makes the same ones."""
    done = [item for item in context.facts.evidence.items if item.status == "done"]
    made = []
    for item in done:
        if item.tree_before == item.tree_after or item.finished_at is None:
            continue
        made.append(
            Commit(
                message=mask(f"{title(context)} — {item.planned.title}\n\n{item.summary}\n"),
                changes=workspace.changes(item.tree_before, item.tree_after),
                tree_before=item.tree_before,
                tree_sha=item.tree_after,
                at=item.finished_at,
            )
        )
    return tuple(made)


def title(context: Context) -> str:
    """As the old system wrote it."""
    return mask(f"[Dream] {context.facts.spec.title[:TITLE]}")


def opened(context: Context, head: str, known: PullRequest | None) -> PullRequest | Fail:
    """The pull request as the forge tells it afterwards: the one that was there, or a new one."""
    facts, branch = context.facts, intake_of(context).branch
    if known is not None and known.head_sha != head:
        known = context.forge.find_pull(facts.repo.name, branch)  # it was seen before we published
    if known is None:
        open_one(context)
        known = context.forge.find_pull(facts.repo.name, branch)
    elif known.state == "open" and known.head_sha == head:
        known = kept_true(context, known)
    if known is None:
        return Fail("pull_request_missing", "The pull request was opened, but the forge does not show it.")
    if known.state != "open":
        return closed(known)
    if known.head_sha != head:
        return Fail(
            "branch_foreign",
            f"Pull request #{known.number} holds {known.head_sha[:10]}, not our {head[:10]}.",
        )
    return known


def open_one(context: Context) -> None:
    """Open it, unless somebody was faster, such as a first run of ours whose answer was lost."""
    try:
        context.forge.open_pull(context.facts.repo.name, new_pull(context))
    except Refused as error:
        if error.code != "pull_request_exists":
            raise


def kept_true(context: Context, known: PullRequest) -> PullRequest:
    """One that an earlier run or attempt opened says from now on what this evidence says."""
    new = new_pull(context)
    if (known.title, known.body, known.draft) == (new.title, new.body, new.draft):
        return known
    wanted = PullUpdate(title=new.title, body=new.body, draft=new.draft, labels=new.labels)
    return context.forge.update_pull(context.facts.repo.name, known.number, wanted)


def new_pull(context: Context) -> NewPull:
    """A draft unless everything is green."""
    facts = context.facts
    return NewPull(
        branch=intake_of(context).branch,
        base_branch=facts.job.base_branch,
        title=title(context),
        body=pull_body(facts),
        draft=bool(as_draft_because(facts)),
    )
