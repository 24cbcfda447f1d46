"""Operator tokens in the admin: the list, a page that makes one and shows it once, and revoking."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from builds.admin.invisible import visible
from builds.admin.read_only import ReadOnlyAdmin
from builds.models import OperatorToken
from builds.operations import Wish, make_token, revoke_token, tokens_for
from builds.operations.tokens import DAYS, LONGEST_NAME, MOST_DAYS
from builds.refusals import NotDone
from builds.scopes import SCOPES


class TokenForm(forms.Form):
    """What for, what it may, how long; and whose, for superusers."""

    name = forms.CharField(max_length=LONGEST_NAME, help_text="What it is for.")
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in SCOPES], widget=forms.CheckboxSelectMultiple
    )
    days = forms.IntegerField(label="Days until it expires", min_value=1, max_value=MOST_DAYS, initial=DAYS)
    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True).order_by("username"),
        required=False,
        help_text="Whose permissions it has. Empty: yours.",
    )

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        if not user.is_superuser:
            del self.fields["owner"]


class OperatorTokenAdmin(ReadOnlyAdmin):
    """Whose tokens there are, what they are for and when they were used; never a token itself."""

    list_display = ("prefix", "shown_name", "owner", "shown_scopes", "expires_at", "last_used_at", "state")
    list_select_related = ("owner",)
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("prefix", "name", "owner__username")
    exclude = ("digest",)
    path_to_job = ""
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Through a page of its own."""
        return request.user.has_perm("builds.add_operatortoken")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who makes tokens sees their own."""
        return super().has_view_permission(request, obj) or self.has_add_permission(request)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whose tokens, the operation decides."""
        return self.has_add_permission(request) or request.user.has_perm("builds.operate_job")

    def get_queryset(self, request: HttpRequest) -> QuerySet[OperatorToken]:
        """One's own, or all for who may view them."""
        return tokens_for(cast("User", request.user))

    @admin.display(description="name", ordering="name")
    def shown_name(self, token: OperatorToken) -> SafeString:
        """What it is for."""
        return visible(token.name)

    @admin.display(description="scopes")
    def shown_scopes(self, token: OperatorToken) -> str:
        """In one line."""
        return ", ".join(token.scopes)

    @admin.display(description="state")
    def state(self, token: OperatorToken) -> str:
        """Whether it opens anything."""
        if token.revoked_at:
            return f"revoked by {token.revoked_by}"
        return "expired" if token.expires_at <= timezone.now() else "valid"

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form, then the token, once."""
        if not self.has_add_permission(request):
            raise PermissionDenied("Making tokens needs the permission builds.add_operatortoken.")
        user = cast("User", request.user)
        form = TokenForm(request.POST if request.method == "POST" else None, user=user)
        made = self.made(request, form, user) if form.is_valid() else {}
        context = {**self.admin_site.each_context(request), "title": "Make an operator token", "form": form}
        return TemplateResponse(request, "admin/builds/operatortoken/add_form.html", {**context, **made})

    def made(self, request: HttpRequest, form: TokenForm, user: User) -> dict[str, Any]:
        """The row and the token; nothing, and a sentence on the form, when it is refused."""
        given = form.cleaned_data
        wish = Wish(name=given["name"], scopes=tuple(given["scopes"]), days=given["days"])
        try:
            row, token = make_token(wish, owner=given.get("owner") or user, by=user)
        except NotDone as refusal:
            form.add_error(None, str(refusal))
            return {}
        self.log_addition(request, row, f"Made for {row.owner}: {', '.join(row.scopes)}")
        return {"row": row, "token": token}

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[OperatorToken]) -> None:
        """They open nothing from now on."""
        for row in queryset:
            try:
                revoke_token(row.prefix, by=cast("User", request.user))
            except NotDone as refusal:
                messages.warning(request, f"Skipped {row}: {refusal}")
                continue
            self.log_change(request, row, "Revoked")
            messages.success(request, f"Revoked: {row}.")
