"""`dream smoke`: asks a running service, wherever it is, whether its doors are as they should be."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from django.core.management.base import CommandParser

from builds.management.dream.subcommand import Call, Subcommand, UsageError, json_argument
from builds.management.smoke import LOOKS, WRITES, Broken, LeftOut, Service
from builds.management.terminal import print_json


def arguments(parser: CommandParser) -> None:
    """Where, with which token, and whether to write."""
    parser.add_argument("--url", required=True, help="Where the service is, such as https://dream.example.")
    parser.add_argument("--token", default="", help="A token for it; --token-file keeps it out of `ps`.")
    parser.add_argument("--token-file", default="", metavar="FILE", help="A file that holds the token.")
    parser.add_argument(
        "--write",
        default="",
        metavar="OWNER/NAME",
        help="Also order a run for this registered repository, and cancel it. Without it nothing is made.",
    )
    json_argument(parser)


def run(call: Call) -> int:
    """One line a look; 1 when anything is broken."""
    service = service_of(call)
    found = [looked(service, name, look) for name, look in (*LOOKS, *(WRITES if service.target else ()))]
    if call.options.json:
        print_json({"url": service.url, "ok": not any(map(is_broken, found)), "looks": found})
    else:
        for each in found:
            call.out.print(f"{each['state']:<8} {each['name']}{': ' if each['why'] else ''}{each['why']}")
    return int(any(map(is_broken, found)))


def service_of(call: Call) -> Service:
    """What the options name. Raises UsageError."""
    options = call.options
    url = options.url.rstrip("/")
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise UsageError("--url begins with https:// or http:// and names a host")
    if options.write and options.write.count("/") != 1:
        raise UsageError("--write names a registered repository as OWNER/NAME")
    token = options.token
    if options.token_file:
        try:
            token = Path(options.token_file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise UsageError(f"--token-file: {error}") from None
    if not token:
        raise UsageError("give --token or --token-file; `dream token create` makes one")
    return Service(url, token, options.write)


def looked(service: Service, name: str, look: Callable[[Service], None]) -> dict[str, str]:
    """One look: `ok`, `broken` or `left out`, and why."""
    try:
        look(service)
    except Broken as why:
        return {"state": "broken", "name": name, "why": str(why)}
    except LeftOut as why:
        return {"state": "left out", "name": name, "why": str(why)}
    except (KeyError, TypeError, IndexError):
        return {"state": "broken", "name": name, "why": "the answer is not of the form that is documented"}
    return {"state": "ok", "name": name, "why": ""}


def is_broken(look: dict[str, str]) -> bool:
    """Whether it counts for the exit code."""
    return look["state"] == "broken"


SUBCOMMAND = Subcommand(
    name="smoke",
    help="Ask a running service whether its doors are as they should be.",
    about="Ask a service, here or anywhere, a dozen questions over HTTP: health, tokens, lists, errors. "
    "Makes nothing, unless --write names a repository for which a run is ordered and canceled; its budget of "
    "a cent pays for no call of a model. The exit code is 1 when anything is broken.",
    examples=(
        "dream smoke --url https://dream.example --token-file ~/.dream-token",
        "dream smoke --url http://localhost:8000 --token dream_… --write acme/shop --json",
    ),
    arguments=arguments,
    run=run,
)
