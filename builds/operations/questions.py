"""Which open questions wait for whom: `operations.can_decide` as a query, for lists and counts."""

from django.db.models import Q, QuerySet

from builds.models import Approval
from builds.people import Person


def open_questions() -> QuerySet[Approval]:
    """Every open question, the oldest first."""
    return Approval.objects.filter(state=Approval.State.OPEN).order_by("asked_at", "id")


def mine(person: Person) -> QuerySet[Approval]:
    """The open questions that this person may answer. A test holds it against `operations.can_decide`."""
    own = Q(job__requester=person.subject) | Q(job__user_id=person.subject)
    asked = Q(job__requester__in=person.known_as) | Q(job__user_id__in=person.known_as)
    may = Q(may_decide="owner") & own
    if person.reviews:
        review = Q(may_decide__in=["owner", "reviewer"]) | (Q(may_decide="other_reviewer") & ~asked)
        may |= review & named(person)
    return open_questions().filter(may)


def named(person: Person) -> Q:
    """Of a repository whose policy names no reviewers, or this one."""
    policy = "job__repo__policy"
    found = ~Q(**{f"{policy}__has_key": "reviewers"}) | Q(**{f"{policy}__reviewers": []})
    for name in person.known_as:
        found |= Q(**{f"{policy}__reviewers__contains": [name]})
    return found


def for_person(person: Person) -> QuerySet[Approval]:
    """What the navigation counts: a reviewer's own queue, for others everything that waits."""
    return mine(person) if person.reviews else open_questions()
