"""Who acts: a Django user of this service, by default the one with the login name of this machine."""

import getpass

from django.contrib.auth.models import User

from builds import users
from builds.people import Person
from builds.refusals import NotDone

MOST_NAMES = 5


class NobodyActs(NotDone):
    """The command has to act as a user, and there is none of that name who may."""

    code = "not_authenticated"


class NotAllowed(NotDone):
    """This user lacks a permission."""

    code = "forbidden"


def login_name() -> str:
    """The login name of this process; empty where the system knows none (a container's bare number)."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def acting_user(name: str) -> User:
    """The active user of a name, or of the login name. Raises NobodyActs with the mend."""
    wanted = name or login_name()
    if not wanted:
        raise NobodyActs("This system does not say who you are; name a user with --as NAME.")
    user = User.objects.select_related("storia_subject").filter(username=wanted).first()
    if user is None:
        raise NobodyActs(f"There is no user {wanted} here. {mend(wanted)}")
    if not user.is_active:
        raise NobodyActs(f"The user {wanted} is not active; an administrator can change that in the admin.")
    return user


def mend(wanted: str) -> str:
    """What somebody without a user can do."""
    make = f"Make one with `python3 manage.py createsuperuser --username {wanted}`"
    names = list(
        User.objects.filter(is_active=True).order_by("pk").values_list("username", flat=True)[:MOST_NAMES]
    )
    others = f", or act as another with `--as NAME` (there is {', '.join(names)})" if names else ""
    return f"{make}{others}."


def person_of(user: User) -> Person:
    """The user with the permissions that operations ask about."""
    return users.person_of(user, via="cli")


def need(user: User, permission: str, what: str) -> None:
    """Raise NotAllowed unless the user has a permission."""
    if not user.has_perm(permission):
        raise NotAllowed(f"{user.get_username()} may not {what}: the permission {permission} is missing.")
