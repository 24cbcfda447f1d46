"""The builds app."""

from django.apps import AppConfig

from builds import checks


class BuildsConfig(AppConfig):
    """Jobs and everything they leave behind."""

    name = "builds"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """`manage.py check --deploy` asks our questions too."""
        checks.register()
