"""Django users as the operations know people."""

from django.contrib.auth.models import User

from builds.people import Person, Via


def subject_of(user: User) -> str:
    """Who the user is at Storia, where that is known; else the user's own name."""
    linked = getattr(user, "storia_subject", None)
    return linked.subject if linked else user.get_username()


def person_of(user: User, *, via: Via, address: str = "") -> Person:
    """An active user with all that they may. A superuser may everything, and is not exempt from four eyes."""
    return Person(
        name=user.get_username(),
        subject=subject_of(user),
        level="builder" if user.has_perm("builds.add_job") else "observer",
        reviews=user.has_perm("builds.review_job"),
        operates=user.has_perm("builds.operate_job"),
        audits=user.has_perm("builds.view_job"),
        via=via,
        address=address,
    )
