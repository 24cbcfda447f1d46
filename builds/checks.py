"""What `manage.py check --deploy` asks of an installation, beside Django's own questions."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags
from django.db import connections

if TYPE_CHECKING:  # the app is not ready when this is read
    from django.contrib.auth.models import UserManager

SHORTEST_SECRET = 32  # bytes: what HS256 asks of its key
LOOSE = {"'unsafe-inline'", "'unsafe-eval'", "*"}
USERS = "auth_user"
BACKEND = "django.contrib.auth.backends.ModelBackend"

Check = Callable[[], list[CheckMessage]]


def reviewers() -> list[CheckMessage]:
    """Nobody could answer a question, so every build that is unsure would wait until it expires."""
    people: UserManager[Any] = apps.get_model("auth.User").objects
    if people.with_perm("builds.review_job", backend=BACKEND).exists():
        return []
    hint = "Put somebody into the group Reviewers: /admin/auth/user/"
    return [Error("No active user may answer the questions of builds.", hint=hint, id="builds.E001")]


def callbacks() -> list[CheckMessage]:
    """What is meant for tests only."""
    if not settings.CALLBACK_INSECURE:
        return []
    hint = "Unset DREAM_CALLBACK_INSECURE; it permits http and addresses inside your network."
    return [checks.Warning("Callbacks may go anywhere.", hint=hint, id="builds.W002")]


def redis_password() -> list[CheckMessage]:
    """Whoever writes into Redis can run code in workers."""
    if settings.EMBEDDED or urlsplit(settings.REDIS_URL).password:
        return []
    hint = "Give REDIS_URL a password, as in rediss://:password@host:6379/0, and keep Redis inside."
    return [checks.Warning("Redis has no password.", hint=hint, id="builds.W003")]


def content_security_policy() -> list[CheckMessage]:
    """Pages show what models and strangers wrote."""
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    words = {word for values in directives.values() for word in values}
    on = "csp.middleware.CSPMiddleware" in settings.MIDDLEWARE
    if (
        on
        and directives.get("default-src") == ["'self'"]
        and not words & {"'unsafe-inline'", "'unsafe-eval'", "*"}
    ):
        return []
    hint = "Restore CONTENT_SECURITY_POLICY and csp.middleware.CSPMiddleware in dreamsite/settings.py."
    return [Error("The Content-Security-Policy is off or not strict.", hint=hint, id="builds.E004")]


def sandbox() -> list[CheckMessage]:
    """Without one nothing is verified."""
    if settings.SANDBOX != "none":
        return []
    hint = "Unset DREAM_SANDBOX on a machine that can make namespaces; see docs/operating.md."
    return [
        checks.Warning("No check ever runs, and every pull request is a draft.", hint=hint, id="builds.W005")
    ]


def inbound_secrets() -> list[CheckMessage]:
    """Keys of tokens that can be guessed offline."""
    found: list[CheckMessage] = []
    secrets = [entry.partition(":")[2] or entry for entry in settings.STORIA_SECRETS]
    if any(len(secret.encode()) < SHORTEST_SECRET for secret in secrets):
        hint = f"Use {SHORTEST_SECRET} random bytes or more: openssl rand -hex 32"
        found.append(
            checks.Warning("A secret of STORIA_MOLTWORKER_SECRET is short.", hint=hint, id="builds.W006")
        )
    if settings.ALLOW_SHARED_SECRET:
        hint = "Unset DREAM_ALLOW_SHARED_SECRET once no caller of the old system is left."
        why = "The bare inbound secret opens the API."
        found.append(checks.Warning(why, hint=hint, id="builds.W007"))
    return found


CHECKS: tuple[Check, ...] = (callbacks, redis_password, content_security_policy, sandbox, inbound_secrets)


def settings_of_an_installation(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """All that settings alone tell."""
    return [message for check in CHECKS for message in check()]


def people_of_an_installation(
    app_configs: Sequence[AppConfig] | None, *, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """What rows tell; asked only with `--database default`, as Django does."""
    for name in databases or ():
        if USERS in connections[name].introspection.table_names():
            return reviewers()
    return []


def register() -> None:
    """Called once, when the app is ready."""
    checks.register(settings_of_an_installation, Tags.security, deploy=True)
    checks.register(people_of_an_installation, Tags.database, deploy=True)
