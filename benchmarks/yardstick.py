"""What the engine is measured against: stock RQ with a job that does nothing, in workers that hold nothing.

python -m benchmarks.yardstick REDIS_URL     a stock worker, until it is stopped
"""

import sys
import time

from redis import Redis
from rq import Queue, Worker, get_current_job

QUEUE = "yardstick"


def chain(left: int) -> float:
    """Enqueue the next of so many no-ops, as a station rings for the next one; when this one began."""
    began = time.time()
    if left > 1 and (job := get_current_job()):
        Queue(QUEUE, connection=job.connection).enqueue(
            chain, left - 1, result_ttl=60, job_id=f"{job.id[:36]}-{left}"
        )
    return began


def ring(connection: Redis, links: int = 1) -> str:
    """Enqueue a chain; the name of its last job."""
    first = Queue(QUEUE, connection=connection).enqueue(chain, links, result_ttl=60)
    return first.id if links == 1 else f"{first.id}-2"


def work(url: str) -> None:
    """RQ's own worker."""
    connection = Redis.from_url(url)
    Worker([Queue(QUEUE, connection=connection)], connection=connection).work(logging_level="ERROR")


if __name__ == "__main__":
    work(sys.argv[1])
