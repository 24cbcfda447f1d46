"""Which reader reads which file: a new kind of file is a new row. What is in no row is prose or data."""

import re
from collections.abc import Iterable, Iterator

from builds.diffs import ChangeSet, FileDiff
from builds.evidence import SEVERITIES, Finding
from builds.gates.destructive.code import (
    read_javascript,
    read_javascript_migration,
    read_python,
    read_tsx,
    read_typescript,
    read_typescript_migration,
)
from builds.gates.destructive.ruby import read_ruby_migration
from builds.gates.destructive.rules import RULES
from builds.gates.destructive.script_files import (
    read_dockerfile,
    read_justfile,
    read_makefile,
    read_package_json,
    read_yaml,
)
from builds.gates.destructive.shell import read_shell
from builds.gates.destructive.source import Hit, Reader, Source
from builds.gates.destructive.sql import read_sql


def read_nothing(_: Source) -> Iterable[Hit]:
    """For what is not asked."""
    return ()


# The first row whose pattern is found in the path (in small letters) reads the file.
READERS: tuple[tuple[re.Pattern[str], Reader], ...] = tuple(
    (re.compile(pattern), reader)
    for pattern, reader in (
        (r"(?:^|/)(?:migrations?|migrate)/(?:.*[./])?down\.sql$", read_nothing),  # runs only backwards
        (r"\.(?:sql|psql|pgsql|ddl)$", read_sql),
        (r"(?:^|/)db/migrate/[^/]+\.rb$", read_ruby_migration),
        (r"(?:^|/)migrations?/[^/]+\.(?:js|jsx|mjs|cjs)$", read_javascript_migration),
        (r"(?:^|/)migrations?/[^/]+\.(?:ts|mts|cts)$", read_typescript_migration),
        (r"\.pyi?$", read_python),
        (r"\.(?:js|jsx|mjs|cjs)$", read_javascript),
        (r"\.(?:ts|mts|cts)$", read_typescript),
        (r"\.tsx$", read_tsx),
        (r"\.(?:sh|bash|zsh|ksh|command|envrc)$", read_shell),
        (r"(?:^|/)\.husky/[^/]+$", read_shell),
        (r"(?:^|/)procfile$", read_yaml),
        (r"(?:^|/)(?:gnu)?makefile(?:\.\w+)?$|\.mk$", read_makefile),
        (r"(?:^|/)\.?justfile$", read_justfile),
        (r"(?:^|/)(?:dockerfile|containerfile)(?:\.[\w.-]+)?$|\.dockerfile$", read_dockerfile),
        (r"(?:^|/)package\.json$", read_package_json),
        (r"\.ya?ml$", read_yaml),
    )
)
SHEBANGS: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (re.compile(r"^#!.*\b(?:ba|da|k|z|a)?sh\b"), read_shell),
    (re.compile(r"^#!.*\bpython"), read_python),
    (re.compile(r"^#!.*\b(?:node|bun|deno)\b"), read_javascript),
)


def findings(changes: ChangeSet) -> tuple[Finding, ...]:
    """What destroys in the generated lines, the gravest first; one finding for each rule and line."""
    found = {(each.rule, each.path, each.line): each for file in changes.files for each in _in_file(file)}
    return tuple(sorted(found.values(), key=_gravest_first))


def _gravest_first(finding: Finding) -> tuple[int, str, int, str]:
    return -SEVERITIES.index(finding.severity), finding.path, finding.line, finding.rule


def _in_file(file: FileDiff) -> Iterator[Finding]:
    if file.kind == "removed":
        return
    source = Source.of(file)
    reader = _reader(file.path, source.text)
    if reader is None:
        return
    if file.binary:
        yield _finding(file, "file_unreadable", line=0)
        return
    for hit in _read(reader, source):
        if source.wrote(hit):
            yield _finding(file, hit.rule, line=_marked(hit, source))


def _read(reader: Reader, source: Source) -> Iterable[Hit]:
    try:
        return list(reader(source))
    except RecursionError:  # nested deeper than anything that people write
        return [Hit("file_unreadable", 1, source.text.count("\n") + 1)]


def _reader(path: str, text: str) -> Reader | None:
    lowered = path.lower()
    by_name = next((reader for pattern, reader in READERS if pattern.search(lowered)), None)
    first_line = text.partition("\n")[0]
    return by_name or next((reader for pattern, reader in SHEBANGS if pattern.search(first_line)), None)


def _marked(hit: Hit, source: Source) -> int:
    """The first line of the hit that this build wrote; else, where it only cut, the first of all."""
    return next((line for line in range(hit.first, hit.last + 1) if line in source.added), hit.first)


def _finding(file: FileDiff, name: str, *, line: int) -> Finding:
    rule = RULES[name]
    text = file.new_lines[line - 1].text if 0 < line <= len(file.new_lines) else ""
    return Finding(
        rule=rule.name, reason=rule.reason, severity=rule.severity, path=file.path, line=line, text=text
    )
