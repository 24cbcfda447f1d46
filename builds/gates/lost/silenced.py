"""Finds added lines that skip tests, assert nothing, or make a check end well whatever it finds."""

import json
import re
from collections.abc import Iterator

from builds.diffs import FileDiff
from builds.evidence import Finding
from builds.gates.files import is_test
from builds.gates.lost.rules import lost

SKIPS = re.compile(
    r"@(?:pytest\.)?mark\.(?:skip|skipif|xfail)\b|\bpytestmark\s*=.*\b(?:skip|skipif|xfail)\b"
    r"|\bpytest\.(?:skip|xfail|importorskip)\(|@(?:unittest\.)?(?:skip|skipIf|skipUnless|expectedFailure)\b"
    r"|\bself\.skipTest\(|\braise\s+(?:unittest\.)?SkipTest\b|\b__test__\s*=\s*False\b|\bcollect_ignore\w*\s*="
    r"|(?<![.\w])(?:it|test|describe|context|suite)\.(?:skip|todo|only|failing|fixme)\b"
    r"|(?<![.\w])(?:xit|xtest|xdescribe|fit|fdescribe|xcontext|xspecify)\s*\("
    r"|\bt\.Skip(?:f|Now)?\(|#\[ignore\b|@(?:Disabled|Ignore)\b|\bthis\.skip\(\)|@tag :skip"
)
ALWAYS = re.compile(
    r"^\s*assert\s+(?:True|1|not False|(?P<same>[\w\"']+)\s*==\s*(?P=same))\s*(?:$|,|#)"
    r"|^\s*assert\b.*\bor True\b|\.assertTrue\(\s*True\b|\.assertFalse\(\s*False\b"
    r"|\.assert(?:Equal|Is)\(\s*(?P<value>[\w\"']+)\s*,\s*(?P=value)\s*[,)]"
    r"|\bexpect\(\s*(?P<js>true|1|false|null|[\"']\w*[\"'])\s*\)\.(?:toBe|toEqual)\(\s*(?P=js)\s*\)"
    r"|\bexpect\(\s*true\s*\)\.toBeTruthy\(|\bassert(?:\.ok)?\(\s*true\s*\)"
)
COMMENT = re.compile(r"^\s*(?:#(?!\[)|//|\*|/\*|--|\"\"\"|''')")
RUNS_TESTS = re.compile(
    r"\b(?:pytest|unittest|tox|nox|jest|vitest|mocha|ava|karma|rspec|phpunit|(?:npm|pnpm|yarn|bun)\s+(?:run\s+)?test"
    r"|node\s+--test|go\s+test|cargo\s+test|make\s+(?:test|check)|mypy|ruff|eslint|tsc|manage\.py\s+test)\b"
)
WHATEVER = re.compile(
    r"\|\|\s*(?::|true|exit\s+0|echo\b)|;\s*(?::|true|exit\s+0)\s*[\"']?,?$|&&\s*true\s*\|\|"
)
NARROWED = re.compile(
    r"--passWithNoTests\b|\bpassWithNoTests\b|\s--deselect\b|\s--ignore(?:-glob)?[= ]\S*tests?"
    r"|testPathIgnorePatterns|\bcontinue-on-error:\s*true|\ballow_failure:\s*true|\bignore_outcome\s*=\s*true"
    r"|^\t-\s*(?:\S*pytest|npm test)\b"  # make goes on after a line with a minus, whatever it says
)
EXIT = re.compile(r"^(?:\s{0,1}|\t@?-?)(?:exit\s+0|exit|true|:)\s*;?$")
PY_EXIT = re.compile(
    r"\b(?:sys\.exit|os\._exit|exit|quit)\(\s*0?\s*\)|\bpytest\.exit\(|\bprocess\.exit\(\s*0?\s*\)"
)
SCRIPT = re.compile(
    r"(?:^|/)(?:[^/]*\.(?:sh|bash|mk|ya?ml|ini|cfg|toml)|(?:gnu)?makefile|justfile|package\.json|noxfile\.py"
    r"|(?:jest|vitest|karma|playwright)\.config\.\w+|\.husky/.*|bin/[^/.]+|scripts?/[^/.]+)$",
    re.IGNORECASE,
)
CHECKING = re.compile(
    r"(?:^|[/_.-])(?:tests?|check|checks|ci|verify|lint|validate|pre-(?:commit|push))(?:[/_.-]|$)"
)
SCRIPTS = re.compile(r"^(?:pre|post)?(?:test|check|lint|ci|verify|validate|typecheck|type-check)(?::.*)?$")
NO_COMMAND = re.compile(
    r"^\s*(?:true|:|exit\s+0|exit|echo\b[^&|;]*|node\s+-e\s+[\"']{2})\s*(?:&&\s*exit\s+0|;\s*exit\s+0)?$"
)
TARGET = re.compile(r"^(?P<names>[\w .-]+):(?!=)")


def in_file(file: FileDiff) -> Iterator[Finding]:
    """One finding for each rule and added line."""
    if file.kind == "removed":
        return
    rules = [(SKIPS, "test_skipped"), (ALWAYS, "test_says_nothing"), (PY_EXIT, "check_silenced")]
    for line in file.added if is_test(file.path) else ():
        for pattern, rule in rules:
            if pattern.search(line.text) and not COMMENT.match(line.text):
                yield lost(rule, file.path, line=line.number, text=line.text)
    if SCRIPT.search(file.path):
        yield from _in_script(file)


def _in_script(file: FileDiff) -> Iterator[Finding]:
    silent = {*_empty_scripts(file), *_empty_targets(file)}
    is_check = CHECKING.search(file.path.lower()) is not None and file.path.endswith((".sh", ".bash"))
    for line in file.added:
        code = "" if COMMENT.match(line.text) else line.text
        whatever = RUNS_TESTS.search(code) and WHATEVER.search(code)
        exits = is_check and EXIT.match(code)
        if whatever or exits or NARROWED.search(code) or line.number in silent:
            yield lost("check_silenced", file.path, line=line.number, text=line.text)


def _empty_scripts(file: FileDiff) -> Iterator[int]:
    """The lines of package.json on which a script that should check runs nothing."""
    if not file.path.endswith("package.json"):
        return
    try:
        package = json.loads(file.new_text or "{}")
    except ValueError:
        return
    scripts = package.get("scripts") if isinstance(package, dict) else None
    for name, command in scripts.items() if isinstance(scripts, dict) else ():
        if SCRIPTS.match(name) and NO_COMMAND.match(str(command)):
            yield from (line.number for line in file.new_lines if json.dumps(name) in line.text)


def _empty_targets(file: FileDiff) -> Iterator[int]:
    """The lines of a Makefile on which a target that should check ends well at once."""
    if "makefile" not in file.path.lower() and not file.path.endswith(".mk"):
        return
    checks = False
    for line in file.new_lines:
        if target := TARGET.match(line.text):
            checks = any(SCRIPTS.match(name) for name in target["names"].split())
        elif checks and EXIT.match(line.text):
            yield line.number
