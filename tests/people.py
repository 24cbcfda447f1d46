"""The people of the tests, as users of the admin: Alice asks, Rita reviews, Olga operates, Vic looks."""

from django.apps import apps
from django.contrib.auth.models import Permission, User

PASSWORD = "a long pass phrase of the tests"


def user(name: str, *permissions: str, is_superuser: bool = False) -> User:
    """A member of staff who may look at everything of ours, and has these permissions besides.

    Without a password: hashing one takes half a second, and `force_login` needs none.
    """
    made: User = User.objects.create_user(name, is_staff=True, is_superuser=is_superuser)
    for label in ("builds", "specs"):
        views = [f"view_{model._meta.model_name}" for model in apps.get_app_config(label).get_models()]
        made.user_permissions.add(
            *Permission.objects.filter(content_type__app_label=label, codename__in=[*views, *permissions])
        )
    return made


def with_password(made: User) -> User:
    """For the browser, where people sign in by the form."""
    made.set_password(PASSWORD)
    made.save()
    return made


def alice() -> User:
    """She asks for builds, and reviews those of others."""
    return user("alice", "review_job")


def rita() -> User:
    """She reviews."""
    return user("rita", "review_job")


def olga() -> User:
    """She operates, and does not review."""
    return user("olga", "operate_job", "add_repo", "change_repo")


def vic() -> User:
    """He looks."""
    return user("vic")


def root() -> User:
    """The superuser, who is not exempt from four eyes."""
    return user("root", is_superuser=True)
