"""Filters of the skin: money, time, and text that hides nothing."""

from datetime import datetime, timedelta
from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from builds.admin import invisible
from builds.models import Job
from builds.public import public_status

register = template.Library()


@register.filter
def visible(text: object) -> SafeString:
    """Escape, and show characters that take no room; for everything that a model or a stranger wrote."""
    return invisible.visible(str(text))


@register.filter
def dollars(value: Decimal) -> str:
    """Dollars to the cent; below a dollar to a tenth of a cent, so that small calls do not read as free."""
    return f"${value:,.2f}" if value >= 1 or not value else f"${value:.3f}"


@register.filter
def lasted(seconds: float | timedelta | None) -> str:
    """A duration in at most two units: `0.4 s`, `41 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`."""
    if seconds is None:
        return ""
    whole = seconds.total_seconds() if isinstance(seconds, timedelta) else seconds
    if whole < 10:
        return f"{whole:.1f} s"
    for unit, next_unit, size in (("d", "h", 86_400), ("h", "min", 3_600), ("min", "s", 60)):
        if whole >= size:
            rest = int(whole % size // {"h": 3_600, "min": 60, "s": 1}[next_unit])
            return f"{int(whole // size)} {unit}" + (f" {rest} {next_unit}" if rest else "")
    return f"{int(whole)} s"


@register.filter
def ago(moment: datetime | None) -> str:
    """How long ago, or until when, in the largest unit: `6 d`, `2 h`, `5 min`, `under 1 min`."""
    if moment is None:
        return ""
    seconds = abs((timezone.now() - moment).total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "under 1 min"


@register.filter
def status_word(job: Job) -> str:
    """The public word of a job's status."""
    return public_status(job)


@register.filter
def bytes_read(size: int) -> str:
    """A size as people read it."""
    for unit, limit in (("MB", 1_000_000), ("kB", 1_000)):
        if size >= limit:
            return f"{size / limit:.1f} {unit}"
    return f"{size} bytes"


@register.filter
def tokens(count: int) -> str:
    """A number of tokens as people read it."""
    return f"{count / 1000:,.1f}k tokens" if count >= 1000 else f"{count} tokens"


@register.filter
def words(name: str) -> str:
    """A name of ours as words: `left_out` is `left out`."""
    return name.replace("_", " ")
