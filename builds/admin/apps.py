"""The app that carries the admin's static files and template tags."""

from django.apps import AppConfig


class SkinConfig(AppConfig):
    """The skin of the admin; it has no tables."""

    name = "builds.admin"
    label = "skin"
    verbose_name = "Skin of the admin"
