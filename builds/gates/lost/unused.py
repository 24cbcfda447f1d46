"""Finds new modules that nothing in the change mentions."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from builds.diffs import ChangeSet, FileDiff
from builds.evidence import Finding
from builds.gates.files import is_test, language_of
from builds.gates.lost.rules import lost

# Files that a tool or a framework finds by their place or name, so that nobody has to mention them.
FOUND_BY_PLACE = re.compile(
    r"(?:^|/)(?:migrations?|versions|management/commands|templatetags|pages|app|routes?|api|plugins|hooks|middleware"
    r"|stories|bin|scripts?|tools|examples?|docs?|benchmarks?|functions|handlers|commands|public|static)/"
)
FOUND_BY_NAME = re.compile(
    r"^(?:__init__|__main__|main|index|app|apps|wsgi|asgi|manage|setup|conf|conftest|settings\w*|config|admin|models"
    r"|views|urls|forms|tasks|signals|serializers|server|cli|worker|noxfile|fabfile|gunicorn\w*)$"
    r"|\.(?:config|stories|setup|d|page|layout|route|worker|module|controller|service)$",
)


def in_changes(changes: ChangeSet) -> Iterator[Finding]:
    """One finding for each new module that no other file of the change names. Old files cannot know it."""
    for file in changes.files:
        if file.kind == "added" and is_module(file) and not is_mentioned(file, changes):
            yield lost("dead_module", file.path)


def is_module(file: FileDiff) -> bool:
    """Whether it is code that other code has to ask for."""
    stem = PurePosixPath(file.path).stem
    if language_of(file.path) is None or is_test(file.path) or file.path.endswith(".d.ts"):
        return False
    return not (FOUND_BY_NAME.search(stem) or FOUND_BY_PLACE.search(file.path) or "__main__" in file.new_text)


def is_mentioned(file: FileDiff, changes: ChangeSet) -> bool:
    """Whether another file of the change, a test or a manifest too, has its name."""
    name = re.compile(rf"(?<![\w-]){re.escape(PurePosixPath(file.path).stem)}(?![\w-])")
    there = [other for other in changes.files if other.path != file.path and other.kind != "removed"]
    return any(name.search(other.new_text) for other in there)
