"""Finds the commands in files that hold more than commands: Makefile, Dockerfile, CI YAML, package.json."""

import json
import re
import shlex
from collections.abc import Iterator

from builds.gates.destructive.shell import HEREDOC, read_shell
from builds.gates.destructive.source import Hit, Source

RECIPE = re.compile(r"^\t\s*[@+-]*\s*")
ASSIGNMENT = re.compile(r"^\s*(?:export\s+|override\s+)?[\w.-]+\s*(?:\?|\+|:{1,3}|!)?=\s*")
ONE_LINE_RULE = re.compile(r"^[^\s#:=][^#:=]*:(?!=)[^;#]*;\s*")

INSTRUCTION = re.compile(r"^\s*(?:ONBUILD\s+)?([A-Za-z]+)\s+(?:--\S+\s+)*(?:CMD\s+)?")
RUNNING = {"RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK", "SHELL"}

YAML_KEY = re.compile(
    r"""^(?P<indent>\s*(?:-\s+)*)["']?(?P<key>[\w.-]+)["']?\s*:(?:\s+(?P<value>.*))?$""", re.VERBOSE
)
YAML_COMMANDS = {
    "after_script", "args", "before_script", "cmd", "cmds", "command", "commands", "entry", "entrypoint",
    "install", "postcreatecommand", "run", "script", "shell", "steps", "test",
}  # fmt: skip
BLOCK = re.compile(r"^[|>][+-]?\d*[+-]?\s*(?:#.*)?$")


def read_makefile(source: Source) -> Iterator[Hit]:
    """Recipes and what variables hold; `$(RM)` is make's own `rm -f`."""
    lines = [_recipe(line) for line in source.text.split("\n")]
    yield from read_shell(source.part("\n".join(lines), line=1))


def _recipe(line: str) -> str:
    for opening in (RECIPE, ASSIGNMENT, ONE_LINE_RULE):
        if found := opening.match(line):
            return re.sub(r"\$[({]RM[)}]", "rm -f", line[found.end() :]).replace("$$", "$")
    return line if line.startswith((" ", "\t")) else ""


def read_justfile(source: Source) -> Iterator[Hit]:
    """Every indented line is a command."""
    lines = [re.sub(r"^\s+[@-]*", "", line) if line[:1].isspace() else "" for line in source.text.split("\n")]
    yield from read_shell(source.part("\n".join(lines), line=1))


def read_dockerfile(source: Source) -> Iterator[Hit]:
    """What RUN, CMD and ENTRYPOINT run, as a shell line or as a JSON list."""
    shell: list[str] = []
    running = continues = False
    heredoc = ""
    for line in source.text.split("\n"):
        code = "" if line.lstrip().startswith("#") and not heredoc else line
        if not continues and not heredoc and (found := INSTRUCTION.match(code)):
            running, code = found[1].upper() in RUNNING, _exec_form(code[found.end() :])
        shell.append(code if running else "")
        heredoc = _still_open(heredoc, code)
        continues = code.rstrip().endswith("\\") or (continues and not code.strip())
    yield from read_shell(source.part("\n".join(shell), line=1))


def _still_open(heredoc: str, line: str) -> str:
    """The name that ends the here-document which is open behind this line, or nothing."""
    if heredoc:
        return "" if line.strip() == heredoc else heredoc
    opened = HEREDOC.search(line)
    return opened[2].strip("\\'\"") if opened else ""


def _exec_form(code: str) -> str:
    try:
        words = json.loads(code)
    except ValueError:
        return code
    return shlex.join(str(word) for word in words) if isinstance(words, list) else code


def read_package_json(source: Source) -> Iterator[Hit]:
    """The scripts of a package; a broken file says nothing that can be trusted."""
    try:
        package = json.loads(source.text or "{}")
    except ValueError:
        yield source.hit("file_unreadable", 1, source.text.count("\n") + 1)
        return
    scripts = package.get("scripts") if isinstance(package, dict) else None
    for name, command in scripts.items() if isinstance(scripts, dict) else ():
        line = _line_of_key(source.text, name)
        yield from read_shell(source.part(str(command).replace("\n", " ; "), line=line))


def _line_of_key(text: str, name: str) -> int:
    scripts = text.find('"scripts"')
    return text.count("\n", 0, max(0, text.find(json.dumps(name, ensure_ascii=False), scripts))) + 1


def read_yaml(source: Source) -> Iterator[Hit]:
    """What stands under `run:`, `script:`, `command:` and the like, as text, a block or a list."""
    lines = source.text.split("\n")
    for index, line in enumerate(lines):
        found = YAML_KEY.match(line)
        if not found or found["key"].lower() not in YAML_COMMANDS:
            continue
        value = (found["value"] or "").strip()
        if value and not BLOCK.match(value):
            yield from read_shell(source.part(_plain(value), line=index + 1))
            continue
        block = _deeper(lines[index + 1 :], len(found["indent"]))
        shell = (
            "\n".join(block) if value else "\n".join(_plain(re.sub(r"^\s*-\s+", "", part)) for part in block)
        )
        yield from read_shell(source.part(shell, line=index + 2))


def _deeper(lines: list[str], indent: int) -> list[str]:
    """The lines that belong to a key; items of a list may stand as far left as the key itself."""
    block: list[str] = []
    for line in lines:
        depth = len(line) - len(line.lstrip())
        if line.strip() and depth <= indent and not (depth == indent and line.lstrip().startswith("- ")):
            break
        block.append(line)
    return block


def _plain(value: str) -> str:
    """A scalar without its quotes, a list in brackets as words."""
    if value.startswith("[") and value.endswith("]"):
        return value[1:-1].replace(",", " ")
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        inner = value[1:-1]
        return inner.replace("''", "'") if value[0] == "'" else inner.replace('\\"', '"')
    return value
