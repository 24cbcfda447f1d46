"""The builds app."""

from django.apps import AppConfig


class BuildsConfig(AppConfig):
    """Jobs and everything they leave behind."""

    name = "builds"
    default_auto_field = "django.db.models.BigAutoField"
