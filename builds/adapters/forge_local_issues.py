"""Issues of the forge on disk: one JSON file each, written by a person."""

import json
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from builds.ports import Issue, Refused

Text = Annotated[str, Field(max_length=100_000)]


class IssueFile(BaseModel):
    """What the file holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(min_length=1, max_length=300)
    body: Text = ""
    labels: tuple[Text, ...] = ()
    comments: tuple[tuple[Text, Text], ...] = ()


def read_issue(folder: Path, number: int) -> Issue:
    """The issue of that number. Raises Refused("issue_missing") where there is none that can be read."""
    place = folder / f"{number}.json"
    try:
        found = IssueFile.model_validate(json.loads(place.read_bytes()))
    except FileNotFoundError:
        raise Refused("issue_missing", f"There is no issue #{number}: {place} is not there.") from None
    except (OSError, ValueError, ValidationError) as error:
        raise Refused("issue_missing", f"Issue #{number} cannot be read: {error}") from error
    return Issue(number=number, **found.model_dump())
