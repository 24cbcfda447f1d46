"""Log lines: one chain for ours and every library's; JSON on stdout, or lines for people at a terminal."""

import logging
import logging.config
import sys
from collections.abc import Callable, MutableMapping
from functools import cache
from typing import Any, TextIO
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor

from builds.secrets import mask

SERVICES = frozenset({"web", "worker", "scheduler"})
"""Commands that log for machines, on stdout; all others speak to people there, and log to stderr."""

OURS = ("builds", "dreamsite", "specs")
FIRST = ("ts", "level", "event", "request_id", "job_id", "attempt", "station")
LIBRARY = "library.message"
MASKED = "[masked: setting]"
LONGEST = 500  # characters of one value: a log line says what happened, it is no place for content
LONGEST_WORDS = 200  # of an exception
MOST_FRAMES = 30
SHORTEST_SECRET = 8

people = False
"""Whether this process is a command that speaks to people; set before settings are read."""


class Stream(logging.StreamHandler[TextIO]):
    """Writes to whatever stdout or stderr is now, as tests and supervisors change them."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        """Stdout of a service, stderr of a command."""
        return sys.stderr if people else sys.stdout

    @stream.setter
    def stream(self, _: TextIO) -> None:
        """It is looked up at every line."""


def for_people() -> None:
    """Keep log lines out of what this process prints."""
    global people  # noqa: PLW0603  one process is one of both, for as long as it lives
    people = True


def configure(options: MutableMapping[str, Any]) -> None:
    """Django's LOGGING_CONFIG: `options` are `format` (json, console, auto) and `level`."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    level = "WARNING" if people else options["level"]
    others = max(logging.WARNING, logging.getLevelNamesMapping()[level])  # openai's DEBUG shows prompts
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"lines": {"()": formatter, "wanted": options["format"]}},
            "handlers": {"lines": {"()": Stream, "formatter": "lines"}},
            "root": {"handlers": ["lines"], "level": others},
            "loggers": {
                **{name: {"level": level} for name in OURS},
                "django": {"handlers": [], "level": others, "propagate": True},
                # A request that was refused has a line of ours already.
                "django.request": {"level": "ERROR"},
                "django.security.DisallowedHost": {"level": "CRITICAL"},
                "uvicorn": {"handlers": [], "level": others, "propagate": True},
                "uvicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
            },
        }
    )


def formatter(wanted: str) -> logging.Formatter:
    """The chain that every record goes through, and what it looks like at its end."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.contextvars.merge_contextvars, of_library],
        processors=[*CHAIN, Renderer(wanted)],
    )


class Renderer:
    """JSON, or what a terminal shows; `auto` asks at each line where it goes."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted
        self.json = structlog.processors.JSONRenderer(ensure_ascii=False)
        self.console = structlog.dev.ConsoleRenderer(colors=True, pad_event_to=0, timestamp_key="ts")
        self.plain = structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, timestamp_key="ts")

    def __call__(self, logger: Any, name: str, event: EventDict) -> str:
        terminal = (sys.stderr if people else sys.stdout).isatty()
        if self.wanted == "json" or (self.wanted == "auto" and not terminal and not people):
            return str(self.json(logger, name, event))
        if "exception" in event:
            event["exception"] = for_eyes(event["exception"])
        return str((self.console if terminal else self.plain)(logger, name, event))


def of_library(_: Any, __: str, event: EventDict) -> EventDict:
    """A library's sentence is no name of an event."""
    event["message"], event["event"] = event["event"], LIBRARY
    return event


def tracebacks(_: Any, __: str, event: EventDict) -> EventDict:
    """An exception as data: kinds, places and one line of words, without locals or lines of source."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    if isinstance(found, BaseException):
        found = (type(found), found, found.__traceback__)
    if found and found[0] is not None:
        event["exception"] = [of_kind(each) for each in TRANSFORM(found)]
    event.pop("stack_info", None)
    return event


def of_kind(found: dict[str, Any]) -> dict[str, Any]:
    """One exception of a chain. What a validator was given, and rows of the database, stay out."""
    words = shortened(found["exc_value"].strip().partition("\n")[0], LONGEST_WORDS)
    where = [f"{frame['filename']}:{frame['lineno']} {frame['name']}" for frame in found["frames"]]
    return {"type": found["exc_type"], "message": words, "frames": where}


def for_eyes(kinds: list[dict[str, Any]]) -> str:
    """The same for a terminal."""
    lines = []
    for kind in kinds:
        lines += [*(f"  {frame}" for frame in kind["frames"]), f"{kind['type']}: {kind['message']}"]
    return "\n".join(lines)


def masked(_: Any, __: str, event: EventDict) -> EventDict:
    """No secret, and nothing long, leaves in a line."""
    return {name: safe(value) for name, value in event.items()}


def safe(value: Any) -> Any:
    """Data as JSON holds it, with each text masked and shortened; anything else as its text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {str(name): safe(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [safe(each) for each in value]
    return shortened(mask(without_our_secrets(str(value))), LONGEST)


def shortened(text: str, longest: int) -> str:
    """The beginning."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def without_our_secrets(text: str) -> str:
    """Whatever settings hold as a secret, however it looks."""
    for secret in our_secrets():
        text = text.replace(secret, MASKED)
    return text


@cache
def our_secrets() -> tuple[str, ...]:
    """Every value of the settings that opens a door, the longest first."""
    inbound = (part for entry in settings.STORIA_SECRETS for part in (entry, entry.partition(":")[2]))
    found = {
        settings.SECRET_KEY,
        settings.CALLBACK_BEARER,
        settings.OPENAI_API_KEY,
        settings.GITHUB_TOKEN,
        settings.METRICS_TOKEN,
        getattr(settings.ARTIFACTS, "secret", ""),
        urlsplit(settings.DATABASE_URL).password or "",
        urlsplit(settings.REDIS_URL).password or "",
        *inbound,
        *settings.CALLBACK_SECRETS,
        *settings.GITHUB_APP_PRIVATE_KEY.splitlines(),
    }
    return tuple(sorted((each for each in found if len(each) >= SHORTEST_SECRET), key=len, reverse=True))


def in_order(_: Any, __: str, event: EventDict) -> EventDict:
    """The keys that every line has come first."""
    known = {name: event[name] for name in FIRST if event.get(name) not in {None, ""}}
    return known | {name: value for name, value in event.items() if name not in FIRST}


TRANSFORM: Callable[[Any], list[dict[str, Any]]] = ExceptionDictTransformer(
    show_locals=False, max_frames=MOST_FRAMES
)
CHAIN: tuple[Processor, ...] = (
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
    tracebacks,
    masked,
    in_order,
)
