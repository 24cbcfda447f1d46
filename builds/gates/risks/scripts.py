"""Reads the risks of shell lines: what runs a download, opens permissions, or switches a check off."""

import re
from collections.abc import Iterator

from builds.diffs import FileDiff

SCRIPT = re.compile(
    r"\.(?:sh|bash|zsh|mk|ya?ml)$"
    r"|(?:^|/)(?:(?:gnu)?makefile|dockerfile[^/]*|justfile|package\.json)$",
    re.IGNORECASE,
)
COMMENT = re.compile(r"^\s*(?:#|//)")
LINES: dict[str, re.Pattern[str]] = {
    rule: re.compile("|".join(patterns))
    for rule, patterns in {
        "runs_download": (
            r"\b(?:curl|wget)\b[^|;&]*\|\s*(?:sudo\s+)?(?:/\w+)*/?(?:ba|z|da|k)?sh\b",
            r"\b(?:curl|wget)\b[^|;&]*\|\s*(?:sudo\s+)?(?:python3?|node|perl|ruby)\b",
            r"\b(?:ba|z)?sh\s+-c\s+[\"']?\$\((?:curl|wget)|\b(?:ba|z)?sh\s+<\((?:curl|wget)",
        ),
        "opens_permissions": (r"\bchmod\s+(?:-\w+\s+)*(?:0?[0-7]?[0-7]{2}[2367]|[ugoa]*[ao][+=]\w*w\w*)\b",),
        "weakens_security": (
            r"\b(?:curl|wget)\b.*\s(?:-k|--insecure|--no-check-certificate)(?:\s|$)",
            r"http\.sslVerify\s*[= ]\s*false|--trusted-host\b|strict-ssl\s*[= ]\s*false",
            r"StrictHostKeyChecking[= ]no|NODE_TLS_REJECT_UNAUTHORIZED=0",
        ),
        "runs_text_as_code": (r"^\s*eval\s+[\"$]|[;&|]\s*eval\s+[\"$]",),
    }.items()
}


def in_file(file: FileDiff) -> Iterator[tuple[str, int]]:
    """Rules and the added lines they are met on, for scripts and files that hold commands."""
    first = file.new_lines[0].text if file.new_lines else ""
    if not (SCRIPT.search(file.path) or re.match(r"#!.*\b(?:ba|z|da|k)?sh\b", first)):
        return
    for line in file.added:
        for rule, pattern in LINES.items():
            if pattern.search(line.text) and not COMMENT.match(line.text):
                yield rule, line.number
