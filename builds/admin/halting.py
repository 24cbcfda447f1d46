"""The page that halts everything, or lets it go on; and the table of what was halted before."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from builds import halts, operations
from builds.admin.people import person_of
from builds.admin.read_only import ReadOnlyAdmin
from builds.refusals import NotDone


class HaltForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Shown on every page and to every requester until the halt is lifted.",
    )


def halt_page(request: HttpRequest, context: dict[str, object]) -> HttpResponse:
    """One page for both: what it does, who and why, and one button. For operators only."""
    if not request.user.has_perm("builds.operate_job"):
        raise PermissionDenied("Halting is for operators (permission builds.operate_job).")
    form = HaltForm(request.POST if request.POST.get("do") == "halt" else None)
    if request.method == "POST" and (request.POST.get("do") == "resume" or form.is_valid()):
        act(request, form)
        return redirect("admin:index")
    title = "Resume" if halts.current() else "Halt everything"
    return TemplateResponse(request, "admin/halt.html", {**context, "title": title, "form": form})


def act(request: HttpRequest, form: HaltForm) -> None:
    """Do it, and tell how it went."""
    person = person_of(request)
    try:
        if request.POST["do"] == "resume":
            operations.resume(by=person)
            messages.success(request, "Builds go on.")
        else:
            operations.halt(by=person, reason=form.cleaned_data["reason"])
            messages.success(
                request, "Halted: builds under way wait within ten seconds, their work is saved."
            )
    except NotDone as refusal:
        messages.error(request, f"Not done: {refusal}")


class HaltAdmin(ReadOnlyAdmin):
    """Every halt: who, why, from when to when."""

    list_display = ("at", "by", "reason", "via", "lifted_at", "lifted_by")
