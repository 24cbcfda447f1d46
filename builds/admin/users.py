"""Django's page of a user, with who that user is at Storia. Imported when Django's own pages are there."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User

from builds.models import StoriaSubject


class StoriaSubjectInline(admin.StackedInline):
    """Four eyes compare it: nobody approves what they asked for at Storia."""

    model = StoriaSubject
    extra = 0
    max_num = 1


class PersonAdmin(UserAdmin):
    """A user, and who that is at Storia."""

    inlines = (StoriaSubjectInline,)


def replace_user_page(site: admin.AdminSite) -> None:
    """Ours in place of Django's."""
    site.unregister(User)
    site.register(User, PersonAdmin)
