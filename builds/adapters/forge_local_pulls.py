"""Pull requests of the forge on disk: one JSON file each, its body beside it as Markdown to read."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from builds.ports import NewPull, PullRequest, PullUpdate, Refused


class LocalPulls:
    """The pull requests of one repository, in `folder`. Numbers count from 1 without gaps."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def newest(self, branch: str, *, head_sha: str | None) -> PullRequest | None:
        """The newest one from a branch, in any state; `head_sha` is where that branch is now."""
        mine = [pull for pull in self._all() if pull.branch == branch]
        if not mine:
            return None
        pull = mine[-1]
        return replace(pull, head_sha=head_sha) if head_sha and pull.state == "open" else pull

    def open(self, new: NewPull, *, head_sha: str) -> PullRequest:
        """Open one. Raises Refused("pull_request_exists")."""
        with self._lock():
            pulls = self._all()
            for pull in pulls:
                if pull.branch == new.branch and pull.state == "open":
                    raise Refused(
                        "pull_request_exists", f"{new.branch} has open pull request #{pull.number}."
                    )
            number = pulls[-1].number + 1 if pulls else 1
            body = self.folder / f"{number}.md"
            pull = PullRequest(
                number=number,
                url=body.as_uri(),
                branch=new.branch,
                base_branch=new.base_branch,
                head_sha=head_sha,
                state="open",
                draft=new.draft,
                title=new.title,
                body=new.body,
            )
            # The JSON file is the fact: whatever dies before it leaves no pull request and no gap.
            _write(body, new.body)
            _write(self._file(number), json.dumps({**asdict(pull), "labels": new.labels}, indent=2) + "\n")
        return pull

    def numbered(self, number: int) -> PullRequest:
        """One of them. Raises Refused("pull_request_missing")."""
        if not self._file(number).is_file():
            raise Refused("pull_request_missing", f"There is no pull request #{number}.")
        return _pull(json.loads(self._file(number).read_bytes()))

    def update(self, number: int, update: PullUpdate) -> None:
        """Change its title, body and draft. Raises Refused("pull_request_missing")."""
        self.numbered(number)
        with self._lock():
            facts = json.loads(self._file(number).read_bytes())
            _write(self.folder / f"{number}.md", update.body)
            labels = [*facts["labels"], *(name for name in update.labels if name not in facts["labels"])]
            changed = {**facts, **asdict(update), "labels": labels}
            _write(self._file(number), json.dumps(changed, indent=2) + "\n")

    def _all(self) -> list[PullRequest]:
        numbers = sorted(int(file.stem) for file in self.folder.glob("*.json") if file.stem.isdecimal())
        return [_pull(json.loads(self._file(number).read_bytes())) for number in numbers]

    def _file(self, number: int) -> Path:
        return self.folder / f"{number}.json"

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """One at a time, over all processes; the system takes the lock back from one that dies."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _pull(facts: dict[str, Any]) -> PullRequest:
    facts.pop("labels")
    return PullRequest(**facts)


def _write(place: Path, text: str) -> None:
    """Write a file so that a reader sees all of it or nothing."""
    aside = place.with_name(f".{place.name}.new")
    with aside.open("wb") as file:
        file.write(text.encode("utf-8", "replace"))
        file.flush()
        os.fsync(file.fileno())
    aside.replace(place)
