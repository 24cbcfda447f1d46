"""Who sits before the admin, as the operations know people."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from builds.people import Person


def person_of(request: HttpRequest) -> Person:
    """The signed-in user with the permissions that operations ask about.

    A superuser has both permissions and is still not exempt from four eyes: those compare subjects.
    """
    user = request.user
    if isinstance(user, AnonymousUser):
        return Person(name="", subject="", via="admin")
    return Person(
        name=user.get_username(),
        subject=user.get_username(),
        reviews=user.has_perm("builds.review_job"),
        operates=user.has_perm("builds.operate_job"),
        via="admin",
        address=request.META.get("REMOTE_ADDR", ""),
    )
