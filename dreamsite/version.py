"""Which code this is: the version, and the commit where it can be known."""

import subprocess
from functools import cache

from django.conf import settings

PATIENCE = 2


@cache
def commit() -> str:
    """DREAM_COMMIT, which an image brings, or what git says of this checkout; empty where neither is."""
    if settings.COMMIT or not (settings.ROOT / ".git").exists():
        return str(settings.COMMIT)
    asked = ["git", "-C", str(settings.ROOT), "rev-parse", "--short=12", "HEAD"]
    try:
        found = subprocess.run(asked, check=False, capture_output=True, text=True, timeout=PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""
