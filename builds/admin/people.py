"""Who sits before the admin, as the operations know people."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from builds import users
from builds.people import Person


def person_of(request: HttpRequest) -> Person:
    """The signed-in user with the permissions that operations ask about."""
    user = request.user
    if isinstance(user, AnonymousUser):
        return Person(name="", subject="", via="admin")
    return users.person_of(user, via="admin", address=request.META.get("REMOTE_ADDR", ""))
