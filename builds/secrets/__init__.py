"""What looks like a secret: one table of rules, one scan, and the masking that stands on it."""

from builds.secrets.masking import MASK, mask, mask_all, mask_patch
from builds.secrets.names import is_placeholder, is_secret_name
from builds.secrets.rules import RULES
from builds.secrets.scan import Secret, scan

__all__ = [
    "MASK",
    "RULES",
    "Secret",
    "is_placeholder",
    "is_secret_name",
    "mask",
    "mask_all",
    "mask_patch",
    "scan",
]
