"""Registered target repositories and what their policy allows."""

from typing import Any

from django.contrib.postgres.functions import RandomUUID
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from pydantic import ValidationError as PolicyError

from builds.policy import Policy
from builds.ports import RepoName

PART_OF_NAME = r"^(?!\.{1,2}$)(?!-)[A-Za-z0-9._-]{1,100}$"
part_of_name = RegexValidator(
    PART_OF_NAME,
    "Use letters, digits, dots, dashes and underscores; not `.`, `..` or a leading dash.",
)


def check_policy(value: Any) -> None:
    """Raise Django's ValidationError with one sentence for each thing that is wrong."""
    try:
        Policy.model_validate(value)
    except PolicyError as error:
        wrong = [f"{'.'.join(map(str, e['loc'])) or 'policy'}: {e['msg']}" for e in error.errors()]
        raise ValidationError(wrong) from None


class Repo(models.Model):
    """A repository that jobs may target; nobody builds for one that is not registered here."""

    owner = models.CharField(max_length=100, validators=[part_of_name])
    name = models.CharField(max_length=100, validators=[part_of_name])
    default_branch = models.CharField(max_length=200, default="main")
    enabled = models.BooleanField(default=True, help_text="A disabled repo takes no new jobs.")
    policy = models.JSONField(
        default=dict,
        blank=True,
        validators=[check_policy],
        help_text="What builds may do here; see the table of policy keys in docs/policy.md.",
    )
    uid = models.UUIDField(unique=True, editable=False, db_default=RandomUUID(), help_text="Its id in `/v1`.")
    access_ok = models.BooleanField(
        null=True, editable=False, help_text="Whether builds could work there; empty: nobody could look."
    )
    access_checked_at = models.DateTimeField(null=True, editable=False)
    access_why = models.CharField(max_length=1000, blank=True, editable=False, db_default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.CharField(max_length=200, blank=True, editable=False, db_default="")

    class Meta:
        ordering = ["owner", "name"]
        constraints = [
            models.UniqueConstraint("owner", "name", name="repo_once"),
        ]

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def ref(self) -> RepoName:
        """Its name as ports want it."""
        return RepoName(self.owner, self.name)

    @property
    def rules(self) -> Policy:
        """The policy with its defaults filled in."""
        return Policy.model_validate(self.policy)
