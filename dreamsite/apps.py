"""The admin site of this project."""

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig
from django.utils.module_loading import import_string


class AdminConfig(DjangoAdminConfig):
    """Django's admin, with our site class."""

    default_site = "builds.admin.site.DreamSite"

    def ready(self) -> None:
        """All pages are registered by now, Django's page of a user too; its class cannot be named before."""
        super().ready()
        import_string("builds.admin.users.replace_user_page")(admin.site)
