"""Adapters: one file for each way to keep a port's promise. `connect()` alone picks them, from settings.

The clients of OpenAI, GitHub and S3 are imported when they are picked: they are most of what a command that
uses none of them would import.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from django.conf import settings

from builds.adapters.artifacts_local import LocalArtifacts
from builds.adapters.callback_https import HttpsCallbackSender
from builds.adapters.forge_local import LocalForge
from builds.adapters.model_scripted import ScriptedModel
from builds.adapters.sandbox_bwrap import BwrapSandbox
from builds.adapters.sandbox_extras import Egress
from builds.adapters.sandbox_none import NoSandbox
from builds.ports import ArtifactStore, CallbackSender, Forge, Model, Ports, Price, Sandbox


@cache
def connect() -> Ports:
    """The ports of this process, as the settings say."""
    return Ports(
        model=model(),
        forge=forge(),
        sandbox=sandbox(),
        artifacts=artifacts(),
        prices=prices(),
        writer=settings.WRITER,
        reviewer=settings.REVIEWER,
        endpoint=settings.OPENAI_BASE_URL if settings.MODEL_ADAPTER == "openai" else settings.MODEL_ADAPTER,
        fallback=settings.FALLBACK,
    )


def preload() -> None:
    """Make the ports and load what their first call would load: a fork that comes after shares it."""
    connect()
    if settings.MODEL_ADAPTER == "openai":
        import_module("openai.resources.chat.completions")


def model() -> Model:
    """The writer's and reviewer's door."""
    if settings.MODEL_ADAPTER == "openai":
        from builds.adapters.model_openai import OpenAIModel

        return OpenAIModel(
            settings.OPENAI_API_KEY,
            settings.OPENAI_BASE_URL,
            timeout=settings.PORT_DEADLINE.total_seconds(),
            silence=settings.SILENCE_SECONDS,
        )
    return ScriptedModel(settings.SCRIPTED_SESSIONS, delay=settings.SCRIPTED_DELAY)


def prices() -> Mapping[str, Price]:
    """The operator's prices, and at known endpoints those of the bundled list."""
    own = {name: Price(**price) for name, price in settings.MODEL_PRICES.items()}
    if settings.MODEL_ADAPTER != "openai":
        return own
    from builds.adapters.model_prices import KnownPrices

    return KnownPrices(own, settings.OPENAI_BASE_URL)


def forge() -> Forge:
    """Where repositories live."""
    if settings.FORGE == "local":
        return LocalForge(settings.LOCAL_REPOS)
    from builds.adapters.forge_github import GitHubForge
    from builds.adapters.forge_github_access import Account

    return GitHubForge(
        Account(
            api_url=settings.GITHUB_API_URL,
            token=settings.GITHUB_TOKEN,
            app_id=settings.GITHUB_APP_ID,
            private_key=settings.GITHUB_APP_PRIVATE_KEY,
        )
    )


def sandbox() -> Sandbox:
    """Where generated code runs; `none` only when somebody chose it."""
    if settings.SANDBOX == "none":
        return NoSandbox()
    egress = Egress(hosts=settings.SETUP_HOSTS, variables=settings.SETUP_ENV)
    return BwrapSandbox(layers=settings.LAYERS, egress=egress, command_seconds=settings.COMMAND_SECONDS)


def artifacts() -> ArtifactStore:
    """Where blobs are kept: a folder, or a bucket that several machines share."""
    if isinstance(settings.ARTIFACTS, Path):
        return LocalArtifacts(settings.ARTIFACTS)
    from builds.adapters.artifacts_s3 import S3Artifacts

    return S3Artifacts(settings.ARTIFACTS)


def callback_sender() -> CallbackSender:
    """Who carries callbacks; stations and gates never hold it."""
    return HttpsCallbackSender(
        hosts=settings.CALLBACK_HOSTS,
        bearer=settings.CALLBACK_BEARER,
        insecure=settings.CALLBACK_INSECURE,
    )
