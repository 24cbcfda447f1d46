"""One command as words: the rules it meets. Whole words count, so `--hardening` is not `--hard`."""

import re
from collections.abc import Callable, Iterator, Sequence

Words = Sequence[str]

ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
KEYWORDS = {"if", "then", "elif", "else", "while", "until", "do", "!", "{", "}", "(", ")", "case", "in"}
SHELLS = {"ash", "bash", "dash", "eval", "ksh", "sh", "source", "ssh", "su", "trap", "zsh"}
# Commands whose arguments hold another command.
RUNNERS = SHELLS | {
    "aws-vault", "bundle", "chroot", "command", "docker", "docker-compose", "doas", "env", "exec", "find",
    "flock", "gosu", "ionice", "kubectl", "nice", "nohup", "npx", "parallel", "pipenv", "pnpm", "podman",
    "poetry", "python", "python3", "runuser", "setsid", "stdbuf", "sudo", "time", "timeout", "uv", "uvx",
    "watch", "xargs", "yarn",
}  # fmt: skip

ROOTS = re.compile(
    r"""(?:
        /\*? | /(?:bin|boot|etc|home|lib|opt|root|srv|usr|var)/?\*?
        | ~/?\*? | \$\{?HOME\}?/?\*?
        | \*  | \.{1,2}/?\*? | \$\{?PWD\}?/?\*? | \$\(pwd\)/?\*?
    )""",
    re.VERBOSE,
)
GIT_OPTIONS_WITH_VALUE = {"-C", "-c", "--git-dir", "--work-tree", "--namespace"}
DISK_TOOLS = {"shred": "shell_wipe_disk", "wipefs": "shell_wipe_disk", "blkdiscard": "shell_wipe_disk"}

# These words in this order, others between them or not.
WIPES: tuple[tuple[str, ...], ...] = (
    ("dropdb",),
    ("mysqladmin", "drop"),
    ("redis-cli", "flushall"),
    ("redis-cli", "flushdb"),
    ("valkey-cli", "flushall"),
    ("valkey-cli", "flushdb"),
    ("manage.py", "flush"),
    ("manage.py", "reset_db"),
    ("django-admin", "flush"),
    ("terraform", "destroy"),
    ("tofu", "destroy"),
    ("kubectl", "delete"),
    ("helm", "uninstall"),
    ("aws", "s3", "rm", "--recursive"),
    ("aws", "s3", "rb"),
    ("docker", "volume", "rm"),
    ("docker", "volume", "prune"),
    ("docker", "system", "prune", "--volumes"),
)


def judge_command(words: Words) -> Iterator[str]:
    """The rules that a command meets, looking through `sudo`, `xargs`, `find -exec` and their kin."""
    words = _without_opening(words)
    for index, name in enumerate(words):
        head = name.rpartition("/")[2]
        yield from _judge_at(head, words[index + 1 :])
        if head not in RUNNERS and (index == 0 or words[0].rpartition("/")[2] not in RUNNERS):
            return


def runs_its_text(words: Words) -> bool:
    """Whether arguments or input of this command are commands themselves, as with `bash -c`."""
    plain = _without_opening(words)
    return not plain or any(word.rpartition("/")[2] in RUNNERS for word in plain[:1])


def _without_opening(words: Words) -> Words:
    start = 0
    while start < len(words) and (words[start] in KEYWORDS or ASSIGNMENT.match(words[start])):
        start += 1
    return words[start:]


def _judge_at(head: str, rest: Words) -> Iterator[str]:
    if judge := JUDGES.get(head):
        yield from judge(rest)
    if head in DISK_TOOLS or head.startswith("mkfs"):
        yield "shell_wipe_disk"
    lowered = [word.lower() for word in rest]
    if any(head == wipe[0] and _in_order(wipe[1:], lowered) for wipe in WIPES):
        yield "shell_wipe_data"


def _in_order(wanted: Words, words: Words) -> bool:
    remaining = iter(words)
    return all(word in remaining for word in wanted)


def _rm(rest: Words) -> Iterator[str]:
    if _has(rest, "rR", "--recursive"):
        roots = any(ROOTS.fullmatch(word) for word in rest if not word.startswith("-"))
        yield "shell_remove_root" if roots else "shell_remove_tree"


def _find(rest: Words) -> Iterator[str]:
    if "-delete" in rest:
        yield "shell_remove_tree"


def _dd(rest: Words) -> Iterator[str]:
    if any(word.startswith("of=/dev/") and word != "of=/dev/null" for word in rest):
        yield "shell_wipe_disk"


def _git(rest: Words) -> Iterator[str]:
    index = 0
    while index < len(rest) and rest[index].startswith("-"):
        index += 2 if rest[index] in GIT_OPTIONS_WITH_VALUE else 1
    if index == len(rest):
        return
    arguments = rest[index + 1 :]
    match rest[index]:
        case "push":
            yield from _git_push(arguments)
        case "reset" if "--hard" in arguments:
            yield "git_reset_hard"
        case "clean" if _has(arguments, "f", "--force") and not _has(arguments, "n", "--dry-run"):
            yield "git_clean"
        case "filter-branch" | "filter-repo":
            yield "git_rewrite_history"
        case _:
            pass


def _git_push(arguments: Words) -> Iterator[str]:
    """`--force-with-lease` overwrites only what was seen, and is no hit."""
    refspecs = [word for word in arguments if not word.startswith("-")][1:]
    forced = _has(arguments, "f", "--force", "--mirror")
    if forced or any(refspec.startswith("+") for refspec in refspecs):
        yield "git_push_force"
    if _has(arguments, "d", "--delete", "--prune") or any(refspec.startswith(":") for refspec in refspecs):
        yield "git_push_delete"


def _has(words: Words, letters: str, *long: str) -> bool:
    """Whether an option is there: one of the letters, alone or in a bundle, or a long name."""
    for word in words:
        if word == "--":
            return False
        if word in long:
            return True
        if re.fullmatch(r"-[A-Za-z]+", word) and not set(letters).isdisjoint(word):
            return True
    return False


JUDGES: dict[str, Callable[[Words], Iterator[str]]] = {"rm": _rm, "find": _find, "dd": _dd, "git": _git}
