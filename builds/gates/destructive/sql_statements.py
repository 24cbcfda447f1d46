"""One SQL statement in one dialect: the rules it meets. What no parser knows fails closed."""

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import sqlglot
from sqlglot import Token, TokenType, exp
from sqlglot.errors import SqlglotError

from builds.gates.destructive.sql_predicates import hits_every_row

# It says aloud whatever it does not know; that is what `sql_unreadable` is for.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

ALLOWED = (
    exp.Query, exp.Values, exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Alter, exp.Comment,
    exp.Set, exp.Transaction, exp.Commit, exp.Rollback, exp.Pragma, exp.Use, exp.Describe, exp.Show,
    exp.Analyze, exp.Copy,
)  # fmt: skip

# Statements that the parser does not know, harmless as long as none of the words below is in them.
HARMLESS = (
    ("ALTER", "INDEX"), ("ALTER", "SEQUENCE"), ("ALTER", "TABLE"), ("ALTER", "TYPE"), ("ALTER", "VIEW"),
    ("CREATE", "EXTENSION"), ("CREATE", "POLICY"), ("CREATE", "TYPE"), ("CREATE", "VIRTUAL", "TABLE"),
    ("LISTEN",), ("LOCK",), ("NOTIFY",), ("REFRESH", "MATERIALIZED", "VIEW"), ("REINDEX",), ("RELEASE",),
    ("RENAME",), ("REPLACE",), ("SAVEPOINT",), ("SET",), ("SHOW",), ("START", "TRANSACTION"),
    ("UNLOCK", "TABLES"), ("VACUUM",),
)  # fmt: skip
GRAVE = {
    "COPY", "DELETE", "DISABLE", "DISCARD", "DROP", "EXEC", "EXECUTE", "GRANT", "MERGE", "OVERWRITE",
    "OWNER", "PROGRAM", "REVOKE",
    "TRUNCATE", "UPDATE", "WRITABLE_SCHEMA",
}  # fmt: skip
PLAIN = {"INSERT", "SELECT"}  # without one of those words they are not even parsed: fixtures hold thousands

ROUTINES = {"FUNCTION", "PROCEDURE", "TRIGGER", "EVENT"}
KINDS = ROUTINES | {"DATABASE", "INDEX", "POLICY", "RULE", "SCHEMA", "SEQUENCE", "TABLE", "TYPE", "VIEW"}
READ_LANGUAGES = {"SQL", "PLPGSQL"}
TEXTS = {TokenType.STRING, TokenType.HEREDOC_STRING, TokenType.RAW_STRING, TokenType.NATIONAL_STRING}
# In a routine a statement begins behind one of these words ...
BEFORE_STATEMENT = {"BEGIN", "ATOMIC", "THEN", "ELSE", "LOOP", "DO", "ROW", "AS", "REPEAT"}
# ... and only these can destroy.
VERBS = {
    "ALTER",
    "COPY",
    "DELETE",
    "DROP",
    "EXECUTE",
    "GRANT",
    "MERGE",
    "REVOKE",
    "TRUNCATE",
    "UPDATE",
    "WITH",
}

EXPLAIN = re.compile(
    r"EXPLAIN\b\s*(?:\([^)]*\)\s*|(?:ANALY[SZ]E|VERBOSE|QUERY\s+PLAN|FORMAT\s*=\s*\w+)\s+)*", re.IGNORECASE
)
PREPARE = re.compile(r"PREPARE\s+\w+\s*(?:\([^)]*\)\s*)?(?:AS|FROM)\s+", re.IGNORECASE)

QUOTED = re.compile(r"\s*(?:')?((?:[^']|'')*)(?:')?\s*")  # behind BEGIN the tokenizer leaves quotes on

UNREADABLE = frozenset({"sql_unreadable"})
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement as a dialect's tokenizer cut it out of `text`.

    `whole` is false when the END of its body is missing, `closed` when its semicolon is.
    """

    text: str
    tokens: tuple[Token, ...]
    whole: bool = True
    closed: bool = True

    @property
    def start(self) -> int:
        """Offset of its first character."""
        return self.tokens[0].start

    @property
    def end(self) -> int:
        """Offset behind its last character."""
        return self.tokens[-1].end + 1

    @property
    def sql(self) -> str:
        """The statement alone."""
        return self.text[self.start : self.end]

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Its words in capitals, without strings and quoted names."""
        return tuple(word(token) for token in self.tokens)

    @property
    def is_routine(self) -> bool:
        """Whether it holds a body of statements."""
        return opens_routine(self.words)


def tokenize(text: str, dialect: str) -> list[Token]:
    """Tokens without comments. Raises SqlglotError."""
    return sqlglot.tokenize(text, dialect=dialect)


def word(token: Token) -> str:
    """The token in capitals; nothing for a string or a quoted name."""
    quoted = token.token_type in TEXTS or token.token_type is TokenType.IDENTIFIER
    return "" if quoted else token.text.upper()


def opens_routine(words: tuple[str, ...]) -> bool:
    """Whether a statement that begins so has a body: DO, CREATE FUNCTION and their kin."""
    if words[:1] != ("CREATE",):
        return words[:1] == ("DO",)
    return next((kind for kind in words[1:12] if kind in KINDS), "") in ROUTINES


def judge(statement: Statement, dialect: str) -> frozenset[str]:
    """The rules that the statement meets; `sql_unreadable` where this dialect cannot tell.

    Both together are a guess by the words alone.
    """
    if not statement.whole:
        return UNREADABLE | _in_body(statement, dialect)
    if inner := EXPLAIN.match(statement.sql) or PREPARE.match(statement.sql):
        return judge_text(statement.sql[inner.end() :], dialect)
    if statement.is_routine:
        return _in_routine(statement, dialect)
    if statement.words[0] in PLAIN and GRAVE.isdisjoint(statement.words):
        return NOTHING
    try:
        tree = sqlglot.parse_one(statement.sql, dialect=dialect)
    except (SqlglotError, RecursionError):
        guessed = _by_words(statement.words)
        return guessed | UNREADABLE if guessed else NOTHING
    rules = frozenset(_in_tree(tree)) | _by_program(statement.words)
    known = isinstance(tree, ALLOWED) and tree.find(exp.Command) is None and not _is_prose(tree)
    harmless = known and "WRITABLE_SCHEMA" not in statement.words
    return rules if rules or harmless else _by_words(statement.words)


def judge_text(sql: str, dialect: str) -> frozenset[str]:
    """The same for a text that should be one statement."""
    try:
        tokens = tokenize(sql, dialect)
    except SqlglotError:
        return UNREADABLE
    return judge(Statement(text=sql, tokens=tuple(tokens)), dialect) if tokens else NOTHING


def _is_prose(tree: exp.Expr) -> bool:
    """ "Update your profile" parses as an UPDATE that sets nothing."""
    return isinstance(tree, exp.Update) and not tree.expressions


def _in_tree(tree: exp.Expr) -> Iterator[str]:
    for node in tree.walk():
        match node:
            case exp.Drop():
                yield "sql_alter_drop" if node.find_ancestor(exp.Alter) else _drop(str(node.args.get("kind")))
            case exp.DropPrimaryKey() | exp.DropPartition():
                yield "sql_alter_drop"
            case exp.TruncateTable():
                yield "sql_truncate"
            case exp.Grant() | exp.Revoke():
                yield "sql_rights"
            case exp.AlterColumn() if node.args.get("dtype"):
                yield "sql_column_type"
            case exp.ModifyColumn():
                yield "sql_column_type"
            case _:
                yield from _rows_lost(node)


def _rows_lost(node: exp.Expr) -> Iterator[str]:
    match node:
        case exp.Delete() if hits_every_row(node):
            yield "sql_delete_all"
        case exp.Update() if _overwrites(node):
            yield "sql_update_all"
        case exp.When() if node.args["then"].name.upper() == "DELETE":
            yield "sql_merge_delete"
        case exp.Insert() if node.args.get("overwrite"):
            yield "sql_truncate"
        case exp.Create() if node.args.get("replace") and node.args.get("kind") == "TABLE":
            yield "sql_drop_table"


def _overwrites(update: exp.Update) -> bool:
    """What a MERGE updates has no WHERE of its own."""
    is_part_of_merge = isinstance(update.parent, exp.When)
    return not is_part_of_merge and bool(update.expressions) and hits_every_row(update)


def _drop(kind: str) -> str:
    match kind.upper():
        case "TABLE":
            return "sql_drop_table"
        case "DATABASE" | "SCHEMA":
            return "sql_drop_database"
        case _:
            return "sql_drop"


def _by_program(words: Sequence[str]) -> frozenset[str]:
    return frozenset({"sql_program"}) if words[:1] == ("COPY",) and "PROGRAM" in words else NOTHING


def _by_words(words: Sequence[str]) -> frozenset[str]:
    """A statement that this dialect's parser does not know, told by its words."""
    match words:
        case ("DROP", kind, *_):
            return frozenset({_drop(kind)})
        case ("TRUNCATE", *_):
            return frozenset({"sql_truncate"})
        case ("GRANT" | "REVOKE", *_):
            return frozenset({"sql_rights"})
        case ("ALTER" | "CREATE", "USER" | "ROLE", *_):
            return frozenset({"sql_rights"})
        case ("ALTER", *rest) if "OWNER" in rest or {"DISABLE", "SECURITY"} <= set(rest):
            return frozenset({"sql_rights"})
        case ("ALTER", *rest) if "DROP" in rest or "TRUNCATE" in rest:
            return frozenset({"sql_alter_drop"})
    opens = any(tuple(words[: len(opening)]) == opening for opening in HARMLESS)
    return NOTHING if opens and GRAVE.isdisjoint(words) else UNREADABLE


def _in_routine(statement: Statement, dialect: str) -> frozenset[str]:
    words = statement.words
    if "LANGUAGE" in words:
        language = statement.tokens[words.index("LANGUAGE") + 1 :][:1]
        if not language or language[0].text.upper() not in READ_LANGUAGES:
            return UNREADABLE
    return _in_body(statement, dialect)


def _in_body(statement: Statement, dialect: str) -> frozenset[str]:
    """Statements inside a routine, also inside its quoted body; only those that can destroy are parsed."""
    rules: frozenset[str] = NOTHING
    for index, token in enumerate(statement.tokens):
        before = statement.words[index - 1] if index else ";"
        if token.token_type in TEXTS and (
            before in BEFORE_STATEMENT or token.token_type is TokenType.HEREDOC_STRING
        ):
            rules |= _in_quoted(token.text, dialect)
        elif statement.words[index] in VERBS and (before in BEFORE_STATEMENT or before == ";"):
            rules |= _judge_inner(statement, index, dialect)
    return rules


def _in_quoted(text: str, dialect: str) -> frozenset[str]:
    try:
        tokens = tokenize(text, dialect)
    except SqlglotError:
        return UNREADABLE
    return _in_body(Statement(text=text, tokens=tuple(tokens)), dialect) if tokens else NOTHING


def _judge_inner(statement: Statement, index: int, dialect: str) -> frozenset[str]:
    inner = tuple(_until_semicolon(statement.tokens[index:]))
    words = tuple(word(token) for token in inner)
    if words[0] != "EXECUTE":
        return judge(Statement(text=statement.text, tokens=inner), dialect)
    if words[1:2] in {("FUNCTION",), ("PROCEDURE",)}:  # the last clause of CREATE TRIGGER
        return NOTHING
    if len(inner) == 2 and inner[1].token_type in TEXTS and (quoted := QUOTED.fullmatch(inner[1].text)):
        return judge_text(quoted[1].replace("''", "'"), dialect)
    return UNREADABLE


def _until_semicolon(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        if token.token_type is TokenType.SEMICOLON:
            return
        yield token
