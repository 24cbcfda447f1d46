"""The specs app."""

from django.apps import AppConfig


class SpecsConfig(AppConfig):
    """Markdown in, spec out."""

    name = "specs"
    default_auto_field = "django.db.models.BigAutoField"
