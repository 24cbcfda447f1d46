"""The files of the repository that the relayed build changes."""

import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent


def files() -> dict[str, str]:
    """Each path with its text."""
    found: dict[str, str] = tomllib.loads((HERE / "larder.toml").read_text(encoding="utf-8"))["files"]
    return found
