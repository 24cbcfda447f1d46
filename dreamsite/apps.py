"""The admin site of this project."""

from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    """Django's admin, with our site class."""

    default_site = "builds.admin.site.DreamSite"
