"""Kinds of files, told by their paths: tests, lock files, prose, code that tree-sitter reads."""

import re
from pathlib import PurePosixPath

from tree_sitter import Language

from builds.coding.grammars import GRAMMARS

TEST_PATH = re.compile(
    r"(?:^|/)(?:tests?|__tests__|specs?|testing|fixtures|e2e|cypress)/"
    r"|(?:^|/)(?:test_[^/]*|[^/]*_tests?|[^/]*[.-](?:test|spec|cy)s?|[^/]*Tests?|[^/]*_spec|conftest)\.\w+$"
)
LOCK = re.compile(
    r"(?:^|/)(?:[^/]*\.lock|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|go\.sum|go\.work\.sum"
    r"|requirements[^/]*\.txt|\.terraform\.lock\.hcl|checksums?(?:\.txt)?|[^/]*\.sha(?:256|512)(?:sums?)?)$",
    re.IGNORECASE,
)
PROSE = {".md", ".markdown", ".rst", ".txt", ".adoc", ".html", ".svg", ".po", ".csv", ".tsv"}
CODE = {
    *GRAMMARS, ".c", ".cc", ".cpp", ".cs", ".dart", ".ex", ".exs", ".go", ".h", ".hpp", ".java", ".kt",
    ".lua", ".m", ".php", ".pl", ".rb", ".rs", ".scala", ".sh", ".sql", ".svelte", ".swift", ".vue",
}  # fmt: skip


def is_test(path: str) -> bool:
    """Whether a file belongs to the tests."""
    return TEST_PATH.search(path) is not None


def is_lock(path: str) -> bool:
    """Whether a file is written by a tool and holds hashes."""
    return LOCK.search(path) is not None


def is_code(path: str) -> bool:
    """Whether a file is source code of a language that people write."""
    return PurePosixPath(path).suffix.lower() in CODE


def is_prose(path: str) -> bool:
    """Whether a file is text or data for people."""
    return PurePosixPath(path).suffix.lower() in PROSE


def language_of(path: str) -> Language | None:
    """The grammar for a file, where there is one."""
    return GRAMMARS.get(PurePosixPath(path).suffix.lower())
