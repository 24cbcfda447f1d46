"""One way to write a value as bytes, so that equal values have equal hashes."""

import dataclasses
import json
from datetime import datetime
from decimal import Decimal
from typing import Any


def canonical_json(value: object) -> bytes:
    """JSON with sorted keys and no spaces; dataclasses as objects, decimals and times as text."""
    return json.dumps(
        value, default=plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


def plain(value: object) -> Any:
    """Turn what JSON does not know into what it knows. Raises TypeError for the rest."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, frozenset | set):
        return sorted(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    raise TypeError(f"cannot write {type(value).__name__} as JSON")
