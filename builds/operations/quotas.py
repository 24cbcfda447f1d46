"""How many unfinished jobs a user may have: decided in the transaction that stores one more."""

from django.conf import settings
from django.db import connection

from builds import refusals

LOCKS = 0x71756F74
"""The class of our advisory locks."""

# One round trip of two statements: the count has a snapshot of its own, taken when the lock is held. In one
# statement it would be as old as the beginning of the wait.
LOCK_AND_COUNT = """
SELECT pg_advisory_xact_lock(%s, hashtext(%s));
SELECT count(*) FROM builds_job WHERE user_id = %s AND status IN ('queued', 'running', 'paused')
"""


def check_unfinished(user_id: str) -> None:
    """Inside the transaction that will store one more job of this user. Raises QuotaExceeded.

    Orders of one user wait here for each other until their transactions end: no two count the same.
    """
    most = settings.USER_UNFINISHED
    if not most:
        return
    with connection.cursor() as cursor:
        cursor.execute(LOCK_AND_COUNT, [LOCKS, user_id, user_id])
        cursor.nextset()
        unfinished = cursor.fetchone()[0]
    if unfinished >= most:
        told = f"{user_id} has {unfinished} unfinished jobs, and at most {most} are taken"
        raise refusals.QuotaExceeded(f"{told}; wait until one has ended, or cancel one.")
