"""Every setting of the service, from the environment. The table in README.md is checked against this file."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url

from dreamsite import embedded
from dreamsite.callback_secrets import MAKE_ONE, outbound_bearer, signing_secrets
from dreamsite.env import BadSetting, Environment
from dreamsite.prices import model_prices
from dreamsite.redis_queue import redis_queue
from dreamsite.stores import artifact_place
from dreamsite.upkeep import kept, log_options

ROOT = Path(__file__).resolve().parent.parent
env = Environment()

VERSION = "0.1.0"
VAR = Path(env.text("DREAM_VAR", str(ROOT / "var")))
DEBUG = False
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
ROOT_URLCONF = "dreamsite.urls"
ASGI_APPLICATION = "dreamsite.asgi.application"
WSGI_APPLICATION = "dreamsite.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024

# --- Postgres and Redis ------------------------------------------------------------------------------

DATABASE_URL = env.text("DATABASE_URL")
REDIS_URL = env.text("REDIS_URL")
EMBEDDED = not DATABASE_URL
if bool(DATABASE_URL) != bool(REDIS_URL):
    raise BadSetting("DATABASE_URL and REDIS_URL", "set both, or neither to use the embedded servers")
if EMBEDDED:
    found = embedded.urls(VAR)
    DATABASE_URL, REDIS_URL = found.database, found.redis
if urlsplit(DATABASE_URL).scheme not in {"postgres", "postgresql"}:
    raise BadSetting(
        "DATABASE_URL", "must start with postgresql:// ; Postgres is the only database supported"
    )
if urlsplit(REDIS_URL).scheme not in {"redis", "rediss"}:
    raise BadSetting("REDIS_URL", "must start with redis:// or rediss://")

DATABASES: dict[str, Any] = {"default": dict(dj_database_url.parse(DATABASE_URL, conn_health_checks=True))}
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"].get("OPTIONS", {}),
    # A statement or a forgotten transaction that hangs must never hold a row for long.
    "options": " ".join(
        f"-c {name}={seconds * 1000}"
        for name, seconds in {
            "statement_timeout": 30,
            "lock_timeout": 10,
            "idle_in_transaction_session_timeout": 60,
        }.items()
    ),
}

RQ_QUEUES = {"build": redis_queue(REDIS_URL)}
RQ = {"JOB_CLASS": "rq.job.Job"}
RQ_SHOW_ADMIN_LINK = False  # its own admin pages ask only for staff; dreamsite/queue_pages.py asks for more

# --- Django -------------------------------------------------------------------------------------------

SECRET_KEY = env.text("DREAM_SECRET_KEY") or embedded.kept_secret(VAR, "secret-key")
ALLOWED_HOSTS = list(env.words("DREAM_HOSTS", "localhost,127.0.0.1,[::1]"))
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if not host.startswith("[")]
PUBLIC_URL = env.text("DREAM_PUBLIC_URL", "http://localhost:8000").rstrip("/")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SESSION_COOKIE_SECURE else 0
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # other names below this host are not ours to promise https for
    "security.W021",  # nor is a place in the browsers' own lists, which is hard to leave
    "security.W008",  # the proxy that speaks https redirects; ours would loop behind one that does not say so
]

INSTALLED_APPS = [
    "builds.admin.apps.SkinConfig",
    "dreamsite.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "rest_framework",
    "drf_spectacular_sidecar",
    "django_rq",
    "specs",
    "builds",
]
MIDDLEWARE = [
    "dreamsite.middleware.request_id",
    "builds.api.rates.rate_headers",
    "dreamsite.middleware.closed",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["builds.api.auth.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["builds.api.permission.Scoped"],
    "DEFAULT_THROTTLE_CLASSES": ["builds.api.throttle.CallerThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["builds.api.parsers.StrictJSONParser"],
    "EXCEPTION_HANDLER": "builds.api.problems.problem_response",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,  # the API speaks one format
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Dream Machine",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.1",
    "LICENSE": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "SERVERS": [{"url": "/"}],
}

# --- Doors --------------------------------------------------------------------------------------------

STORIA_SECRETS = env.words("STORIA_MOLTWORKER_SECRET")
if EMBEDDED and not STORIA_SECRETS:
    STORIA_SECRETS = (embedded.kept_secret(VAR, "storia-secret"),)
JWT_ISSUER = env.text("DREAM_JWT_ISSUER", "storia")
JWT_AUDIENCE = env.text("DREAM_JWT_AUDIENCE")
ALLOW_SHARED_SECRET = env.flag("DREAM_ALLOW_SHARED_SECRET")
STREAMS = int(env.number("DREAM_STREAMS", 2000))
STREAM_SECONDS = env.number("DREAM_STREAM_SECONDS", 900, least=1)
STREAM_HEARTBEAT = env.number("DREAM_STREAM_HEARTBEAT_SECONDS", 15, least=0.1)
STREAM_LOOK = env.number("DREAM_STREAM_LOOK_SECONDS", 5, least=0.1)
API_RATE = env.rate("DREAM_API_RATE", "6000/minute")
AUTH_FAILURE_RATE = env.rate("DREAM_AUTH_FAILURE_RATE", "300/minute")
USER_UNFINISHED = int(env.number("DREAM_USER_UNFINISHED", 100))

# --- Callbacks ----------------------------------------------------------------------------------------

CALLBACK_SECRETS = signing_secrets(env, "DREAM_CALLBACK_SECRET")
if not CALLBACK_SECRETS and not EMBEDDED:
    raise BadSetting("DREAM_CALLBACK_SECRET", f"is missing, and callbacks are signed; {MAKE_ONE}")
if not CALLBACK_SECRETS:
    CALLBACK_SECRETS = (embedded.kept_secret(VAR, "callback-secret", embedded.signing_secret),)
CALLBACK_HOSTS = tuple(host.lower().removesuffix(".") for host in env.words("DREAM_CALLBACK_HOSTS"))
if wrong := next((host for host in CALLBACK_HOSTS if set("/:@*") & set(host)), ""):
    raise BadSetting("DREAM_CALLBACK_HOSTS", f"{wrong!r} is no bare host name, such as storia.example")
CALLBACK_BEARER = outbound_bearer(env, "DREAM_CALLBACK_BEARER", inbound=STORIA_SECRETS, hosts=CALLBACK_HOSTS)
CALLBACK_INSECURE = env.flag("DREAM_CALLBACK_INSECURE")

# --- Models and prices --------------------------------------------------------------------------------

OPENAI_API_KEY = env.text("OPENAI_API_KEY")
PROVIDER = "scripted"  # whom metrics name; the adapter, or the host of the endpoint
SILENCE_SECONDS = env.number("DREAM_SILENCE_SECONDS", 120, least=1)
OPENAI_BASE_URL = env.text("OPENAI_BASE_URL", "https://api.openai.com/v1")
MODEL_ADAPTER = env.choice(
    "DREAM_MODEL_ADAPTER", ("openai", "scripted"), "openai" if OPENAI_API_KEY else "scripted"
)
if MODEL_ADAPTER == "openai":
    PROVIDER = urlsplit(OPENAI_BASE_URL).hostname or "openai"
SCRIPTED_SESSIONS = Path(env.text("DREAM_SCRIPTED_SESSIONS", str(ROOT / "specs" / "examples")))
SCRIPTED_DELAY = env.number("DREAM_SCRIPTED_DELAY", 0)
WRITER = env.text("DREAM_MODEL", "scripted-writer" if MODEL_ADAPTER == "scripted" else "")
REVIEWER = env.text("DREAM_REVIEW_MODEL", "scripted-reviewer" if MODEL_ADAPTER == "scripted" else "")
FALLBACK = env.text("DREAM_FALLBACK_MODEL")
if FALLBACK and FALLBACK in {WRITER, REVIEWER}:
    raise BadSetting("DREAM_FALLBACK_MODEL", "is DREAM_MODEL or DREAM_REVIEW_MODEL; name a third model")
MODEL_PRICES = model_prices(env, "DREAM_MODEL_PRICES")
if MODEL_ADAPTER == "scripted":
    # The scripted stand-ins have a price so that the demo exercises the ledger: that of a frontier model.
    frontier = {"input": Decimal(3), "cached_input": Decimal("0.3"), "output": Decimal(15)}
    MODEL_PRICES = {"scripted-writer": frontier, "scripted-reviewer": frontier, **MODEL_PRICES}

USER_DAY_USD = env.cap("DREAM_USER_DAY_USD")
REPO_DAY_USD = env.cap("DREAM_REPO_DAY_USD")
NIGHT_USD = env.cap("DREAM_NIGHT_USD")
RUN_USD = Decimal(str(env.number("DREAM_RUN_USD", 5, least=0.01)))
RUN_TOKENS = int(env.number("DREAM_RUN_TOKENS", 2_000_000, least=1000))

# --- Forge, sandbox, artifacts ------------------------------------------------------------------------

GITHUB_TOKEN = env.text("GITHUB_TOKEN")
GITHUB_APP_ID = env.text("GITHUB_APP_ID")
GITHUB_APP_PRIVATE_KEY = env.text("GITHUB_APP_PRIVATE_KEY").replace(
    "\\n", "\n"
)  # some hosts keep one line only
GITHUB_API_URL = env.web_address("GITHUB_API_URL", "https://api.github.com")
FORGE = env.choice("DREAM_FORGE", ("github", "local"), "github" if GITHUB_TOKEN or GITHUB_APP_ID else "local")
if bool(GITHUB_APP_ID) != bool(GITHUB_APP_PRIVATE_KEY):
    raise BadSetting("GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY", "set both to be an App, or neither")
if GITHUB_TOKEN and GITHUB_APP_ID:
    raise BadSetting("GITHUB_TOKEN and GITHUB_APP_ID", "set one: a token, or an App with its private key")
if FORGE == "github" and not (GITHUB_TOKEN or GITHUB_APP_ID):
    raise BadSetting("DREAM_FORGE", "github needs GITHUB_TOKEN, or GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY")
GITHUB_WEBHOOK_SECRETS = env.secrets("GITHUB_WEBHOOK_SECRET")
LOCAL_REPOS = VAR / "repos"
SANDBOX = env.choice("DREAM_SANDBOX", ("bwrap", "none"), "bwrap")
LAYERS = VAR / "layers"
SETUP_HOSTS = env.words("DREAM_SETUP_HOSTS")
SETUP_ENV = {name: str(value) for name, value in env.json_object("DREAM_SETUP_ENV").items()}
ARTIFACTS = artifact_place(env, VAR / "artifacts")

# --- Engine: settings, so that chaos runs take minutes --------------------------------------------------

LEASE = timedelta(seconds=env.number("DREAM_LEASE_SECONDS", 30, least=1))
SWEEP_EVERY = timedelta(seconds=env.number("DREAM_SWEEP_SECONDS", 5, least=0.2))
BACKOFF = (
    timedelta(seconds=env.number("DREAM_BACKOFF_SECONDS", 30)),
    timedelta(seconds=4 * env.number("DREAM_BACKOFF_SECONDS", 30)),
)
OFFPEAK = env.window("DREAM_OFFPEAK", "22:00-06:00")
OFFPEAK_ZONE = env.zone("DREAM_TIMEZONE", "UTC")
REPO_CONCURRENCY = int(env.number("DREAM_REPO_CONCURRENCY", 1))
USER_CONCURRENCY = int(env.number("DREAM_USER_CONCURRENCY", 0))
AGEING = timedelta(seconds=env.number("DREAM_AGEING_SECONDS", 3600))
LONGEST_WAITS = {
    # By cause; a cap and a halt have no longest: the calendar or a person ends them.
    "outside": timedelta(hours=env.number("DREAM_WAIT_OUTSIDE_HOURS", 24)),
    "provider": timedelta(hours=env.number("DREAM_WAIT_PROVIDER_HOURS", 24)),
    "deployment": timedelta(hours=env.number("DREAM_WAIT_DEPLOYMENT_HOURS", 4)),
}
TRIES = 3
CRASHES = 6
WORKER_PROCESSES = int(env.number("DREAM_WORKER_PROCESSES", 1, least=1))
CALLBACK_BACKOFF = timedelta(seconds=env.number("DREAM_CALLBACK_BACKOFF_SECONDS", 5, least=0.01))
KEEP = kept(env)
CALLBACK_LEASE = timedelta(seconds=env.number("DREAM_CALLBACK_LEASE_SECONDS", 60, least=1))

# Deadlines, each within the next: a command in the sandbox, a call to the outside, one go at a station, RQ's
# own limit, which only a process that is stuck ever meets.
COMMAND_SECONDS = env.number("DREAM_COMMAND_SECONDS", 300, least=1)
PORT_DEADLINE = timedelta(seconds=env.number("DREAM_CALL_SECONDS", 900, least=1))
STATION_DEADLINE = timedelta(seconds=env.number("DREAM_STATION_SECONDS", 14400, least=1))
if not COMMAND_SECONDS <= PORT_DEADLINE.total_seconds() <= STATION_DEADLINE.total_seconds():
    raise BadSetting(
        "DREAM_COMMAND_SECONDS, DREAM_CALL_SECONDS and DREAM_STATION_SECONDS",
        "a command must fit into a call, and a call into a station: none may be longer than the next",
    )
RQ_QUEUES["build"]["DEFAULT_TIMEOUT"] = int((STATION_DEADLINE + PORT_DEADLINE + 4 * LEASE).total_seconds())

# --- What is seen of it ---------------------------------------------------------------------------------

COMMIT = env.text("DREAM_COMMIT")
METRICS_TOKEN = env.text("DREAM_METRICS_TOKEN")
LOGGING_CONFIG = "dreamsite.logs.configure"
LOGGING = log_options(env)
