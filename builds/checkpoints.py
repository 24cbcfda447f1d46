"""How a station remembers: every write is fenced; blobs go to the store first, then rows."""

import json
from collections.abc import Sequence
from typing import Any

from django.db.models import Max
from django.db.models.functions import Now

from builds import carried
from builds.evidence import CheckRun, Intake, Item, Plan, PlannedItem, Review, SetupRun, ToolResult, Turn
from builds.journal import record
from builds.models import Artifact, CheckResult, Job, JobCriterion, TurnRow, WorkItem
from builds.ports import ArtifactStore, Deployment, PullRequest
from builds.pulse import Pulse
from builds.secrets import mask, mask_all, mask_patch
from builds.values import dump, load

STATUS_OF = {"implement": "writing", "verify": "testing", "review": "testing"}
"""The callback status that a note of a station is told under."""


class Checkpoints:
    """The Progress port over the tables."""

    def __init__(self, job: Job, artifacts: ArtifactStore, pulse: Pulse) -> None:
        self.job = job
        self.artifacts = artifacts
        self.pulse = pulse

    def beat(self) -> None:
        """Notice an interruption, and a lease that another worker has."""
        self.pulse.check()
        with self.job.fenced():
            pass

    def note(self, message: str, *, step: str = "") -> None:
        """An event for watchers; in implement it is told to Storia as `writing`."""
        self.pulse.check()
        status = STATUS_OF.get(self.job.station, "") if step else ""
        with self.job.fenced():
            record(
                self.job,
                "station.note",
                message,
                station=self.job.station,
                step=step[:500],
                callback_status=status,
            )

    def save_intake(self, intake: Intake) -> None:
        """The base commit, the branch, the checks; and the criteria as rows."""
        with self.job.fenced():
            self.update(intake=dump(intake), base_sha=intake.base_sha, branch=intake.branch)
            self.job.criteria.all().delete()
            self.add_criteria(intake.criteria)

    def save_base(self, intake: Intake, items: Sequence[Item] = ()) -> None:
        """The base branch as it stands; criteria and finished items stay, on other trees where it moved."""
        newest = self.job.work_items.aggregate(attempt=Max("attempt"))["attempt"]
        patches = {item.planned.key: self.keep_item_patch(item) for item in items}
        with self.job.fenced():
            self.update(intake=dump(intake), base_sha=intake.base_sha)
            for item in items:
                rows = self.job.work_items.filter(attempt=newest, key=item.planned.key)
                rows.update(
                    patch=patches[item.planned.key],
                    tree_before=item.tree_before,
                    tree_after=item.tree_after,
                )

    def save_plan(self, plan: Plan) -> None:
        """The plan, its items as rows of this attempt, and the criteria it proposes."""
        with self.job.fenced():
            self.update(plan=mask_all(dump(plan)), plan_sha=plan.sha)
            self.job.work_items.filter(attempt=self.job.attempt).delete()
            for ordinal, item in enumerate(plan.items, start=1):
                self.add_item(item, ordinal)
            self.job.criteria.filter(proposed=True).delete()
            self.add_criteria(plan.proposed)

    def add_repair(self, item: PlannedItem) -> None:
        """A work item of a later station, at the end of the newest plan's."""
        with self.job.fenced():
            newest = self.job.work_items.aggregate(attempt=Max("attempt"), ordinal=Max("ordinal"))
            if self.job.work_items.filter(attempt=newest["attempt"], key=item.key).exists():
                return  # a second run of the station asks for the same repair
            self.add_item(item, newest["ordinal"] + 1, attempt=newest["attempt"])

    def add_item(self, item: PlannedItem, ordinal: int, attempt: int = 0) -> None:
        """One row for a planned item."""
        WorkItem.objects.create(
            job=self.job,
            attempt=attempt or self.job.attempt,
            ordinal=ordinal,
            key=item.key,
            title=item.title[:300],
            planned=mask_all(dump(item)),
        )

    def add_criteria(self, criteria: Any) -> None:
        """One row for each criterion; numbers go on after those that are there."""
        JobCriterion.objects.bulk_create(
            JobCriterion(job=self.job, number=c.number, text=c.text, proposed=c.proposed) for c in criteria
        )

    def save_item(self, item: Item) -> None:
        """The patch as a blob, then the item's row with the trees it leads from and to."""
        key = item.planned.key
        sha = self.keep_item_patch(item)
        newest = self.job.work_items.aggregate(attempt=Max("attempt"))["attempt"]
        with self.job.fenced():
            WorkItem.objects.filter(job=self.job, attempt=newest, key=key).update(
                status=item.status,
                summary=mask(item.summary),
                failure=item.failure[:60],
                patch=sha,
                tree_before=item.tree_before,
                tree_after=item.tree_after,
                finished_at=Now(),
            )
            name = "item.done" if item.status == "done" else "item.failed"
            record(
                self.job,
                name,
                item.summary or item.planned.title,
                station=self.job.station,
                step=key,
                data={"failure": item.failure, "tree": item.tree_after},
            )

    def leave_out(self, items: Sequence[str], why: str) -> None:
        """Items that the money does not reach, and one event that says so."""
        newest = self.job.work_items.aggregate(attempt=Max("attempt"))["attempt"]
        with self.job.fenced():
            rows = self.job.work_items.filter(attempt=newest, key__in=items)
            rows.update(status="left_out", failure="budget_exhausted", summary="")
            record(self.job, "item.left_out", why, station=self.job.station, data={"items": list(items)})

    def keep_item_patch(self, item: Item) -> str:
        """The patch to the byte, as it has to apply: the one thing that is not masked."""
        name = f"item-{item.planned.key}.patch"
        return self.keep("patch", name, item.patch, "text/x-diff; charset=utf-8")

    def turns(self, item: str) -> tuple[Turn, ...]:
        """The transcript of an item in this attempt; it may begin with that of an earlier one."""
        if self.job.attempt > 1 and not self.job.turns.filter(attempt=self.job.attempt, item=item).exists():
            self.carry_turns(item)
        rows = TurnRow.objects.filter(job=self.job, attempt=self.job.attempt, item=item).order_by("number")
        return tuple(
            Turn(
                item=row.item,
                number=row.number,
                request_hash=row.request_hash,
                results=tuple(load(ToolResult, result) for result in row.results),
                tree_after=row.tree_after,
            )
            for row in rows
        )

    def carry_turns(self, item: str) -> None:
        """Begin with what an earlier attempt lived through, where its answers still hold."""
        earlier = self.job.turns.filter(item=item, attempt__gte=carried.since(self.job))
        newest = earlier.aggregate(attempt=Max("attempt"))["attempt"]
        with self.job.fenced():
            for row in earlier.filter(attempt=newest):
                row.pk, row.attempt = None, self.job.attempt
                row.save(force_insert=True)

    def save_turn(self, turn: Turn) -> None:
        """What the tools answered; the model's own answer is in the journal already."""
        self.pulse.check()
        with self.job.fenced():
            TurnRow.objects.update_or_create(
                job=self.job,
                attempt=self.job.attempt,
                item=turn.item,
                number=turn.number,
                defaults={
                    "request_hash": turn.request_hash,
                    "results": mask_all([dump(result) for result in turn.results]),
                    "tree_after": turn.tree_after,
                },
            )

    def forget_turns(self, item: str, after: int) -> None:
        """The requests that these turns answered are no longer the same."""
        with self.job.fenced():
            TurnRow.objects.filter(
                job=self.job, attempt=self.job.attempt, item=item, number__gt=after
            ).delete()

    def save_setup(self, run: SetupRun) -> None:
        """How dependencies were installed, whole, as an artifact."""
        text = json.dumps(dump(run), indent=1, ensure_ascii=False)
        name = f"setup-{run.ecosystem}-{run.layer[:12]}.json"
        self.keep(Artifact.SETUP, name, text.encode(), "application/json")

    def save_check(self, run: CheckRun) -> None:
        """One run of a check; its output is an artifact too."""
        self.keep("check", f"{run.phase}-{run.item or 'all'}-{run.check}.log", mask(run.output).encode())
        with self.job.fenced():
            CheckResult.objects.create(
                job=self.job,
                attempt=self.job.attempt,
                phase=run.phase,
                check_name=run.check[:60],
                item=run.item,
                tree_sha=run.tree_sha,
                outcome=run.outcome,
                run=mask_all(dump(run)),
            )

    def save_change_set(self, tree_sha: str, patch: bytes) -> None:
        """The whole diff, to be read, with secrets masked. Reviews of another tree are void from here on."""
        sha = self.keep("change_set", "changes.patch", mask_patch(patch), "text/x-diff; charset=utf-8")
        with self.job.fenced():
            if self.job.tree_sha != tree_sha:
                self.update(review=None)
            self.update(tree_sha=tree_sha, change_set=sha)

    def save_review(self, review: Review) -> None:
        """The second model's view of the present tree."""
        self.keep("review", "review.md", mask(review.summary).encode(), "text/markdown; charset=utf-8")
        with self.job.fenced():
            self.update(review=mask_all(dump(review)))

    def save_branch(self, head_sha: str, tree_sha: str) -> None:
        """The branch as it is published."""
        with self.job.fenced():
            self.update(head_sha=head_sha)
            data = {"head": head_sha, "tree": tree_sha, "branch": self.job.branch}
            record(self.job, "branch.published", station=self.job.station, data=data)

    def save_pull(self, pull: PullRequest) -> None:
        """The pull request as it was read back; told to Storia once."""
        with self.job.fenced():
            known = self.job.pr_number == pull.number
            self.update(pull=dump(pull), pr_number=pull.number, pr_url=pull.url)
            if not known:
                record(
                    self.job,
                    "pull_request.opened",
                    station=self.job.station,
                    callback_status="pr_open",
                    data={"number": pull.number, "url": pull.url, "draft": pull.draft},
                )

    def save_deploy(self, made: Deployment) -> None:
        """Where the deployment is to be seen; told to Storia once."""
        with self.job.fenced():
            told = self.job.events.filter(attempt=self.job.attempt, name="deployment.succeeded").exists()
            self.update(deploy_url=made.url)
            if not told:
                record(
                    self.job,
                    "deployment.succeeded",
                    station=self.job.station,
                    callback_status="deployed",
                    data={"deployment": made.id, "environment": made.environment, "url": made.url},
                )

    def save_criterion(self, number: int, status: str, evidence: str) -> None:
        """How a criterion ended, and what shows it."""
        with self.job.fenced():
            self.job.criteria.filter(number=number).update(status=status, evidence=mask(evidence))

    def keep(self, kind: str, name: str, data: bytes, media_type: str = "text/plain; charset=utf-8") -> str:
        """A blob in the store, then its row; the newest of a name in an attempt is the one listed."""
        sha = self.artifacts.put(data)
        with self.job.fenced():
            Artifact.objects.update_or_create(
                job=self.job,
                attempt=self.job.attempt,
                kind=kind,
                name=name[:200],
                defaults={
                    "station": self.job.station,
                    "sha256": sha,
                    "size": len(data),
                    "media_type": media_type,
                },
            )
        self.artifacts.put(data)  # a cleanup may have taken it away before it could see the row
        return sha

    def update(self, **changes: Any) -> None:
        """Change the job's row, inside a fenced transaction, and our copy of it."""
        Job.objects.filter(pk=self.job.pk).update(**changes)
        for name, value in changes.items():
            setattr(self.job, name, value)
