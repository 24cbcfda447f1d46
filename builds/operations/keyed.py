"""Submit once for each key of a caller, however often and by however many connections it is sent."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from builds import refusals
from builds.models import IdempotencyKey, Job
from builds.models.keys import KEPT
from builds.operations.submitting import Submitted, submit
from builds.orders import Order
from builds.people import Person


@dataclass(frozen=True, kw_only=True)
class Key:
    """What a caller sent beside a request, and the hash of what was asked for."""

    text: str
    payload_hash: str


def kept_run(key: Key, *, by: Person) -> Job | None:
    """The run that this key made; None when it is new. Raises KeyReused when it was sent with other words."""
    mine = IdempotencyKey.objects.filter(caller=by.subject, key=key.text, created_at__gt=Now() - KEPT)
    row = mine.select_related("run__repo", "run__spec").first()
    if row is None:
        return None
    if row.payload_hash != key.payload_hash:
        raise refusals.KeyReused("Idempotency key already used with different payload")
    return row.run


def submit_once(order: Order, *, key: Key, by: Person, request_id: str = "") -> Submitted:
    """Store key and order in one transaction, or give back what the key made. Raises KeyReused and as submit.

    The key comes first: whoever sends it at the same time waits for our commit and then finds the run. What
    dies before the commit leaves nothing, and the same key makes the run when it is sent again; what dies
    after it leaves the run, for which the sweep rings.
    """
    known = kept_run(key, by=by)
    if known is not None:
        return Submitted(known, replayed=True)
    mine = IdempotencyKey.objects.filter(caller=by.subject, key=key.text)
    try:
        with transaction.atomic():
            mine.filter(created_at__lte=Now() - KEPT).delete()
            IdempotencyKey.objects.create(
                caller=by.subject, key=key.text, payload_hash=key.payload_hash, run_id=order.job_id
            )
            return submit(order, by=by, request_id=request_id)
    except IntegrityError:
        known = kept_run(key, by=by)  # somebody sent it between our look and our insert
        if known is None:
            raise
        return Submitted(known, replayed=True)
