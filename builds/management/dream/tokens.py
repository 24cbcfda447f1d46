"""`dream token create`, `list` and `revoke`: tokens of the API for people and programs."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandParser
from django.utils import timezone

from builds.management.dream.acting import acting_user
from builds.management.dream.subcommand import Call, Family, Subcommand, json_argument
from builds.management.job_pages import command
from builds.management.terminal import print_json
from builds.models import OperatorToken
from builds.operations import Wish, make_token, revoke_token, tokens_for
from builds.operations.tokens import DAYS, MOST_DAYS
from builds.public_results import moment
from builds.scopes import SCOPES


def create_arguments(parser: CommandParser) -> None:
    """What for, what it may, how long, and whose."""
    parser.add_argument("name", metavar="NAME", help="What it is for, such as 'nightly import'.")
    parser.add_argument(
        "--scope",
        dest="scopes",
        action="append",
        required=True,
        choices=SCOPES,
        metavar="SCOPE",
        help=f"What it may be used for; say it once for each. One of {', '.join(SCOPES)}.",
    )
    parser.add_argument(
        "--days",
        type=int,
        default=DAYS,
        metavar="N",
        help=f"Days until it expires (default {DAYS}, at most {MOST_DAYS}).",
    )
    parser.add_argument(
        "--owner", metavar="USER", help="Whose it is; other than yours only a superuser makes."
    )
    json_argument(parser)


def run_create(call: Call) -> int:
    """The only time that the token is shown."""
    options = call.options
    owner: User = acting_user(options.owner) if options.owner else call.user
    wish = Wish(name=options.name, scopes=tuple(options.scopes), days=options.days)
    row, token = make_token(wish, owner=owner, by=call.user)
    if options.json:
        print_json({**as_json(row), "token": token})
        return 0
    call.out.print(token)
    call.notes.print(
        f"It acts as {owner.get_username()} until {row.expires_at:%Y-%m-%d}: {', '.join(row.scopes)}."
    )
    call.notes.print("Keep it now; it is not shown again.")
    call.notes.print(f"Revoke it with: {command(f'token revoke {row.prefix}')}")
    return 0


def run_list(call: Call) -> int:
    """Those that the user may know of, the newest first."""
    rows = list(tokens_for(call.user))
    if call.options.json:
        print_json({"tokens": [as_json(row) for row in rows]})
    elif rows:
        columns = ("token", "name", "owner", "scopes", "expires", "last used", "")
        call.out.table("Tokens", columns, [as_cells(row) for row in rows])
    else:
        call.out.print("There is no token yet.")
        call.out.print(f"Make one with: {command('token create NAME --scope builds:read')}")
    return 0


def as_cells(row: OperatorToken) -> list[str]:
    """A row of the table."""
    used = f"{row.last_used_at:%Y-%m-%d %H:%M}" if row.last_used_at else "never"
    whose = row.owner.get_username()
    ends = f"{row.expires_at:%Y-%m-%d}"
    return [row.prefix, row.name, whose, " ".join(row.scopes), ends, used, state(row)]


def state(row: OperatorToken) -> str:
    """Whether it opens anything; empty when it does."""
    if row.revoked_at:
        return f"revoked by {row.revoked_by}"
    return "expired" if row.expires_at <= timezone.now() else ""


def as_json(row: OperatorToken) -> dict[str, Any]:
    """A token for programs, without its secret."""
    return {
        "prefix": row.prefix,
        "name": row.name,
        "owner": row.owner.get_username(),
        "scopes": row.scopes,
        "createdAt": moment(row.created_at),
        "createdBy": row.created_by,
        "expiresAt": moment(row.expires_at),
        "lastUsedAt": moment(row.last_used_at),
        "revokedAt": moment(row.revoked_at),
        "revokedBy": row.revoked_by or None,
    }


def revoke_arguments(parser: CommandParser) -> None:
    """Which."""
    parser.add_argument("token", metavar="TOKEN", help="How it begins, as `dream token list` shows it.")
    json_argument(parser)


def run_revoke(call: Call) -> int:
    """From now on it opens nothing."""
    row = revoke_token(call.options.token, by=call.user)
    if call.options.json:
        print_json(as_json(row))
    else:
        call.out.print(f"{row} is revoked.")
    return 0


CREATE = Subcommand(
    name="create",
    help="Make a token of the API; it is shown once.",
    about="Make a token that acts as you (or, for a superuser, as --owner) over the API, for the scopes that "
    "you name and no more than its owner may. The token alone is on stdout. Needs the permission "
    "builds.add_operatortoken.",
    examples=(
        "dream token create 'my scripts' --scope builds:write --scope builds:approve",
        "dream token create prometheus --scope metrics:read --days 366 --owner prometheus",
    ),
    arguments=create_arguments,
    run=run_create,
)
LIST = Subcommand(
    name="list",
    help="List tokens: yours, or all for who may view them.",
    arguments=json_argument,
    run=run_list,
)
REVOKE = Subcommand(
    name="revoke",
    help="Revoke a token, yours or, for an operator, anybody's.",
    examples=("dream token revoke dream_1a2b3c4d",),
    arguments=revoke_arguments,
    run=run_revoke,
)
FAMILY = Family(name="token", help="Make, list and revoke tokens of the API.", members=(CREATE, LIST, REVOKE))
