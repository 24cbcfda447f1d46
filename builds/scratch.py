"""The folder in which one worker works one station; what a killed worker left of the same job goes first."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from builds.models import Job


@contextmanager
def scratch(job: Job) -> Iterator[Path]:
    """A folder for the block. Its name says whose it is: a horse that is killed cannot clean up, and would
    fill the disk; whoever takes its job next on this machine does it.

    A worker that lost its lease and still lives finds its folder gone, and may write nothing anyway.
    """
    prefix = f"dream-{sha256(settings.DATABASE_URL.encode()).hexdigest()[:8]}-{job.pk}-"
    for left in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
