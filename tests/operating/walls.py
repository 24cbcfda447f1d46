"""What the headers of every answer have to say."""

from collections.abc import Callable


def strict(policy: str) -> bool:
    """A Content-Security-Policy under which nothing inline runs and nothing of others is loaded."""
    parts = {words.split()[0]: words.split()[1:] for words in policy.split(";") if words.strip()}
    scripts = parts.get("script-src", parts.get("default-src", ["*"]))
    styles = parts.get("style-src", parts.get("default-src", ["*"]))
    loose = {"*", "data:", "https:", "'unsafe-inline'", "'unsafe-eval'"}
    return (
        parts.get("default-src") == ["'self'"]
        and parts.get("frame-ancestors") == ["'none'"]
        and parts.get("object-src") == ["'none'"]
        and parts.get("base-uri") == ["'none'"]
        and not loose & {*scripts, *styles}
    )


WALLS: dict[str, Callable[[str], bool]] = {
    "Content-Security-Policy": strict,
    "X-Content-Type-Options": lambda value: value == "nosniff",
    "Referrer-Policy": lambda value: value == "same-origin",
    "Cross-Origin-Opener-Policy": lambda value: value == "same-origin",
    "Cross-Origin-Resource-Policy": lambda value: value == "same-origin",
    "Permissions-Policy": lambda value: "camera=()" in value,
    "X-Frame-Options": lambda value: value == "DENY",
    "X-Request-Id": lambda value: len(value) >= 8,
}
