"""Specs in the admin: read only, as a reviewer reads them, with what was not understood."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from specs.models import Spec
from specs.render import render


@admin.register(Spec)
class SpecAdmin(admin.ModelAdmin):
    """Nobody changes a spec here: another text is another spec, and comes with another job."""

    list_display = ("title", "short_sha", "criteria_count", "note_count", "created_at")
    search_fields = ("title", "sha256")
    date_hierarchy = "created_at"
    fields = ("title", "sha256", "created_at", "numbered_criteria", "notes", "text")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Specs come with jobs."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They are immutable."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A job without its spec could not be understood."""
        return False

    @admin.display(description="sha256", ordering="sha256")
    def short_sha(self, spec: Spec) -> str:
        return spec.sha256[:12]

    @admin.display(description="criteria")
    def criteria_count(self, spec: Spec) -> int:
        return len(spec.criteria)

    @admin.display(description="not understood")
    def note_count(self, spec: Spec) -> int:
        return len(spec.not_understood)

    @admin.display(description="acceptance criteria")
    def numbered_criteria(self, spec: Spec) -> SafeString | str:
        items = format_html_join("", "<li>{}</li>", ((text,) for text in spec.criteria))
        return format_html("<ol>{}</ol>", items) if spec.criteria else "None. The plan will propose some."

    @admin.display(description="not understood")
    def notes(self, spec: Spec) -> SafeString | str:
        """Warnings in bold; both kinds say where and how to mend it."""
        found = spec.parsed.get("notes", [])
        lines = [(note["severity"], _where(note["line"]), note["message"]) for note in found]
        items = [
            format_html("<li><strong>{}{}</strong></li>" if kind == "warning" else "<li>{}{}</li>", at, text)
            for kind, at, text in lines
        ]
        return (
            format_html("<ul>{}</ul>", format_html_join("", "{}", ((item,) for item in items)))
            if items
            else "Nothing."
        )

    @admin.display(description="text")
    def text(self, spec: Spec) -> SafeString:
        return mark_safe(render(spec.markdown))  # noqa: S308 - render() ends in nh3


def _where(line: int) -> str:
    return f"Line {line}: " if line else ""
