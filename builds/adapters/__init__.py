"""Adapters: one file for each way to keep a port's promise. `connect()` alone picks them, from settings."""

from functools import cache

from django.conf import settings

from builds.adapters.artifacts_local import LocalArtifacts
from builds.adapters.forge_local import LocalForge
from builds.adapters.model_openai import OpenAIModel
from builds.adapters.model_scripted import ScriptedModel
from builds.adapters.sandbox_bwrap import BwrapSandbox
from builds.adapters.sandbox_none import NoSandbox
from builds.ports import Model, Ports, Price, Sandbox


@cache
def connect() -> Ports:
    """The ports of this process, as the settings say."""
    return Ports(
        model=model(),
        forge=LocalForge(settings.LOCAL_REPOS),
        sandbox=sandbox(),
        artifacts=LocalArtifacts(settings.ARTIFACTS),
        prices={name: Price(**price) for name, price in settings.MODEL_PRICES.items()},
        writer=settings.WRITER,
        reviewer=settings.REVIEWER,
    )


def model() -> Model:
    """The writer's and reviewer's door."""
    if settings.MODEL_ADAPTER == "openai":
        return OpenAIModel(
            settings.OPENAI_API_KEY,
            settings.OPENAI_BASE_URL,
            timeout=settings.PORT_DEADLINE.total_seconds(),
            silence=settings.SILENCE_SECONDS,
        )
    return ScriptedModel(settings.SCRIPTED_SESSIONS, delay=settings.SCRIPTED_DELAY)


def sandbox() -> Sandbox:
    """Where generated code runs; `none` only when somebody chose it."""
    return NoSandbox() if settings.SANDBOX == "none" else BwrapSandbox()
