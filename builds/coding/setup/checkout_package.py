"""Makes the checkout look installed, without running it: importable, with its name, version, entry points."""

import re
from email.parser import HeaderParser

from packaging.version import InvalidVersion, Version

from builds.coding.setup.recipe import FOLDER
from builds.coding.setup.requirements import normal, table, toml
from builds.coding.setup.sources import Source

NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
ENTRY = re.compile(r"[\w.:-]+")


def checkout_package(source: Source) -> tuple[str, dict[str, bytes]]:
    """The package's name, or nothing, and files for site-packages.

    An editable install would say the same, but has to run the repository's own build for it.
    """
    files = {f"{FOLDER}/site/dream_checkout.pth": b"/checkout/src\n/checkout\n"}
    project = toml(source.read("pyproject.toml"))
    name = str(table(project, "project").get("name", "") or table(project, "tool", "poetry").get("name", ""))
    if not NAME.fullmatch(name):
        return "", files
    version = _version(source, project)
    folder = f"{FOLDER}/site/{normal(name).replace('-', '_')}-{version}.dist-info"
    files[f"{folder}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    files[f"{folder}/INSTALLER"] = b"dream-machine\n"
    files[f"{folder}/entry_points.txt"] = _entry_points(project)
    return name, files


def _version(source: Source, project: dict[str, object]) -> str:
    """As written; as PKG-INFO of a source package has it; else 0, where it is known only by running code."""
    info = HeaderParser().parsestr((source.read("PKG-INFO") or b"").decode("utf-8", "replace"))
    for text in (
        table(project, "project").get("version"),
        table(project, "tool", "poetry").get("version"),
        info.get("Version"),
    ):
        try:
            return str(Version(str(text)))
        except InvalidVersion:
            continue
    return "0"


def _entry_points(project: dict[str, object]) -> bytes:
    tables = {
        "console_scripts": table(project, "project", "scripts"),
        **{
            name: entries if isinstance(entries, dict) else {}
            for name, entries in table(project, "project", "entry-points").items()
        },
    }
    lines: list[str] = []
    for heading, entries in tables.items():
        if ENTRY.fullmatch(heading):
            lines.append(f"[{heading}]")
            lines += [f"{name} = {value}" for name, value in entries.items() if ENTRY.fullmatch(str(value))]
    return ("\n".join(lines) + "\n").encode()
