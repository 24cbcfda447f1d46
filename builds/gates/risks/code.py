"""Reads the risks of Python, JavaScript and TypeScript by syntax: comments are none."""

import re
from collections.abc import Iterator

from tree_sitter import Language, Node, Parser

from builds.diffs import FileDiff
from builds.gates.destructive.code import CALL_NODES, lines_of, name_of
from builds.gates.destructive.literals import literal
from builds.secrets import is_placeholder, is_secret_name

# What is called, from its first word to its last, and the rule it meets.
CALLS: dict[str, re.Pattern[str]] = {
    rule: re.compile("|".join(patterns))
    for rule, patterns in {
        "runs_text_as_code": (
            r"^(?:builtins\.|globalThis\.|window\.|global\.)?(?:eval|exec|Function)$",
            r"(?:^|\.)(?:runInNewContext|runInThisContext)$",
        ),
        "runs_command": (
            r"^subprocess\.\w+$|^os\.(?:system|popen|exec\w+|spawn\w+)$|^pty\.spawn$",
            r"^(?:Popen|check_output|check_call)$|^asyncio\.create_subprocess_\w+$",
            r"^(?:child_process|cp|childProcess)\.\w+$|^(?:shell|shelljs)\.exec$",
            r"^(?:execSync|execFile|execFileSync|spawn|spawnSync|execa\w*)$",
            r"^(?:Deno\.run|Deno\.Command|Bun\.spawn\w*)$",
        ),
        "unsafe_loading": (
            r"^(?:c?[Pp]ickle|dill|marshal|shelve|joblib)\.(?:loads?|open|Unpickler)$",
            r"^yaml\.(?:unsafe_load|full_load)\w*$",
        ),
        "ends_process": (r"^process\.(?:exit|abort|kill)$|^(?:sys\.exit|os\._exit|os\.abort|os\.kill)$",),
        "network_call": (
            r"^(?:requests|httpx|urllib3)\.(?:get|post|put|patch|delete|head|request)$",
            r"^(?:requests\.Session|httpx\.(?:Async)?Client|urllib3\.PoolManager)$",
            r"^(?:urllib\.request\.)?urlopen$|^aiohttp\.\w+$|^smtplib\.\w+$",
            r"^socket\.(?:socket|create_connection)$|^net\.(?:connect|createConnection)$",
            r"^(?:fetch|axios|got|ky)$|^(?:axios|got|ky)\.\w+$|^https?\.(?:get|request)$",
        ),
        "reads_env_file": (r"^(?:load_dotenv|dotenv_values|dotenv\.\w+|dotenv|environ\.Env\.read_env)$",),
        "weakens_security": (
            r"^ssl\._create_unverified_context$|(?:^|\.)(?:csrf_exempt|mark_safe|disable_warnings)$",
        ),
    }.items()
}
COMMAND_MODULES = re.compile(r"^(?:node:)?child_process$")
# What is switched off by a keyword, an option or an assignment.
SWITCHES = re.compile(
    r"^(?:verify|check_hostname|ssl_verify|VERIFY_SSL)\s*=\s*False$|^(?:rejectUnauthorized|strictSSL)\s*:\s*false$"
    r"|^shell\s*=\s*True$|^verify_mode\s*=\s*ssl\.CERT_NONE$|^cert_reqs\s*=\s*['\"]?(?:ssl\.)?CERT_NONE"
    r"|^(?:DEBUG|CORS_ALLOW_ALL_ORIGINS|CORS_ORIGIN_ALLOW_ALL)\s*=\s*True$|^ALLOWED_HOSTS\s*=\s*\[\s*['\"]\*"
    r"|^(?:SESSION|CSRF)_COOKIE_SECURE\s*=\s*False$|NODE_TLS_REJECT_UNAUTHORIZED['\"\]]*\s*=\s*['\"]?0"
    r"|^(?:contextIsolation|webSecurity|sandbox)\s*:\s*false$|^nodeIntegration\s*:\s*true$"
    r"|^autoescape\s*=\s*False$|^algorithms?\s*[:=]\s*\[?\s*['\"]none['\"]"
)
SWITCH_NODES = {"keyword_argument", "pair", "assignment", "assignment_expression", "variable_declarator"}
SETS = {*SWITCH_NODES, "public_field_definition", "typed_default_parameter", "default_parameter"}
DECORATOR = re.compile(r"^@(?:\w+\.)*csrf_exempt\b")
RAW_HTML = "dangerouslySetInnerHTML"
SAFE_YAML = re.compile(r"\b(?:Safe|CSafe|Base)Loader\b")
ENV_FILE = re.compile(r"(?:^|/)\.env(?:\.(?!example|sample|template|dist)\w+)?$")
WORLD = re.compile(r"0o?[0-7]?[0-7]{0,2}[2367]\b|S_IWOTH|S_IRWXO")
SHORTEST = 6


def in_file(file: FileDiff, language: Language) -> Iterator[tuple[str, int]]:
    """Rules and the added lines they are met on."""
    added = {line.number for line in file.added}
    waiting = [Parser(language).parse(file.new_text.encode()).root_node]
    while waiting:
        node = waiting.pop()
        first, last = lines_of(node)
        touched = added.intersection(range(first, last + 1))
        if not touched or node.type == "comment":
            continue
        for rule in _rules(node):
            yield rule, min(touched)
        waiting += node.children


def _rules(node: Node) -> Iterator[str]:
    if node.type in CALL_NODES or node.type == "new_expression":
        yield from _call(node)
    if node.type in SWITCH_NODES and SWITCHES.search(_flat(node)):
        yield "weakens_security"
    if node.type in SETS and _is_credential(node):
        yield "hardcoded_credential"
    if node.type == "decorator" and DECORATOR.search(_flat(node)):
        yield "weakens_security"
    if node.type == "property_identifier" and _flat(node) == RAW_HTML:
        yield "weakens_security"
    text = literal(node) if node.type == "string" else None
    if text is not None and ENV_FILE.search(text):
        yield "reads_env_file"
    if text is not None and COMMAND_MODULES.match(text) and not _in_list(node):
        yield "runs_command"


def _call(node: Node) -> Iterator[str]:
    called = node.child_by_field_name("constructor")
    name = _flat(called) if called is not None else name_of(node)
    for rule, pattern in CALLS.items():
        if pattern.search(name):
            yield rule
    if name == "yaml.load" and not SAFE_YAML.search(_flat(node)):
        yield "unsafe_loading"
    arguments = _flat(node.child_by_field_name("arguments"))
    if re.search(r"(?:^|\.)chmod(?:Sync)?$", name) and WORLD.search(arguments):
        yield "opens_permissions"


def _is_credential(node: Node) -> bool:
    """A literal of some length under the name of a secret, that is not there to be replaced."""
    fields = [("name", "value"), ("left", "right"), ("key", "value")]
    for left, right in fields:
        name, value = node.child_by_field_name(left), node.child_by_field_name(right)
        text = literal(value) if name is not None and value is not None and value.type == "string" else None
        if name is not None and text and len(text) >= SHORTEST and is_secret_name(_flat(name).strip("\"'")):
            return not is_placeholder(text) and " " not in text
    return False


def _in_list(node: Node) -> bool:
    return node.parent is not None and node.parent.type in {"array", "list", "set"}


def _flat(node: Node | None) -> str:
    """The code of a node in one line; the beginning of a long one."""
    text = ((node.text if node is not None else None) or b"")[:2000].decode(errors="replace")
    return " ".join(text.split())
