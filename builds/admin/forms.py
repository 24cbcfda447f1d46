"""What operators are asked before they cancel or rerun."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from builds.models import Job
from builds.pipeline import STATIONS


class CancelForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The requester is told this.",
    )

    def __init__(self, *arguments: Any, jobs: Sequence[Job], **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.jobs = jobs


class RerunForm(CancelForm):
    """From where, with how much money, and why."""

    from_station = forms.ChoiceField(
        label="Start from",
        required=False,
        choices=[("", "where it stopped"), *((name, name) for name in STATIONS)],
        help_text="What earlier stations left behind is kept and not paid again.",
    )
    max_dollars = forms.DecimalField(
        label="New budget in dollars",
        required=False,
        min_value=Decimal("0.01"),
        max_digits=12,
        decimal_places=2,
        help_text="For the whole job, what it has spent included. Empty: the budget stays.",
    )
    field_order = ("from_station", "max_dollars", "reason")

    def clean_max_dollars(self) -> Decimal | None:
        """A budget below what is spent could pay for nothing."""
        given: Decimal | None = self.cleaned_data["max_dollars"]
        spent = max((job.spent_usd for job in self.jobs), default=Decimal(0))
        if given is not None and given <= spent:
            raise forms.ValidationError(
                f"${spent:.2f} is spent already; a new budget has to be more than that."
            )
        return given
