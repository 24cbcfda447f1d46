"""Reads Python, JavaScript and TypeScript by syntax: calls that destroy, SQL and commands in strings."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tree_sitter import Language, Node, Parser

from builds.coding.grammars import JAVASCRIPT, PYTHON, TSX, TYPESCRIPT
from builds.gates.destructive.literals import Constants, literal, unfold
from builds.gates.destructive.shell import read_shell, read_words
from builds.gates.destructive.source import Hit, Reader, Source
from builds.gates.destructive.sql import looks_like_sql, read_loose_sql, read_sql

# What a call is named, to the dots in front of it, and the rule it meets.
CALLS = tuple(
    (re.compile(rf"(?:^|\.){name}$"), rule)
    for name, rule in (
        # Django
        (r"DeleteModel", "migration_drop_table"),
        (r"RemoveField", "migration_drop_column"),
        (r"(?:RemoveIndex|RemoveConstraint)", "migration_drop_index"),
        (r"AlterField", "migration_alter_column"),
        (r"schema_editor\.delete_model", "migration_drop_table"),
        (r"schema_editor\.remove_field", "migration_drop_column"),
        (r"(?:objects|_default_manager|_base_manager)(?:\.all\(\))?\.(?:_raw_)?delete", "code_delete_all"),
        # Alembic and SQLAlchemy
        (r"op\.drop_table", "migration_drop_table"),
        (r"(?:op|batch_op|batch)\.drop_column", "migration_drop_column"),
        (r"(?:op|batch_op|batch)\.(?:drop_index|drop_constraint)", "migration_drop_index"),
        (r"(?:op|batch_op|batch)\.alter_column", "migration_alter_column"),
        (r"metadata\.drop_all", "code_drop_all"),
        # Knex, TypeORM, Sequelize
        (r"(?:dropTable|dropTableIfExists|dropAllTables|dropSchema\w*)", "migration_drop_table"),
        (r"(?:dropColumns?|removeColumn|dropTimestamps)", "migration_drop_column"),
        (r"drop(?:Index|Foreign|ForeignKey|Unique|UniqueConstraint)", "migration_drop_index"),
        (r"(?:drop(?:Primary|PrimaryKey|Constraint)|remove(?:Index|Constraint))", "migration_drop_index"),
        (r"(?:changeColumn|alterColumn)", "migration_alter_column"),
        # files
        (r"rmtree", "code_remove_tree"),
        (r"(?:rmSync|rmdirSync|rimraf|rimrafSync|rimraf\.sync|emptyDir|emptyDirSync)", "code_remove_tree"),
    )
)
MIGRATION_SQL = re.compile(r"(?:^|\.)(?:RunSQL|op\.execute|batch_op\.execute)$")
QUERY = re.compile(
    r"(?:^|\.)(?:execute|executemany|executescript|execute_sql|query|raw|unsafe|sql|text|SQL"
    r"|\$executeRaw|\$executeRawUnsafe|\$queryRaw|\$queryRawUnsafe)$"
)
COMMAND = re.compile(
    r"(?:^|\.)(?:run|call|check_call|check_output|Popen|getoutput|getstatusoutput|system|popen"
    r"|create_subprocess_exec|create_subprocess_shell|exec|execSync|spawn|spawnSync|execFile|execFileSync"
    r"|execa|execaSync|execaCommand|\$)$"
)
CALL_NODES = {"call", "call_expression"}
LISTS = {"list", "array"}
LONGEST_NAME = 300  # bytes of a chain of calls that are looked at
BACKWARDS = frozenset({"downgrade"})  # runs only when a person takes a migration back
BACKWARDS_IN_MIGRATIONS = frozenset({"down"})
FUNCTIONS = {"function_definition", "function_declaration", "method_definition"}
IGNORED_ARGUMENT = "reverse_sql"


def reader(language: Language, backwards: frozenset[str] = BACKWARDS) -> Reader:
    """A reader for one grammar; functions of the names in `backwards` are not read."""

    def read(source: Source) -> Iterator[Hit]:
        root = Parser(language).parse(source.text.encode()).root_node
        return Code(source, root, backwards).hits()

    return read


read_python = reader(PYTHON)
read_javascript = reader(JAVASCRIPT)
read_typescript = reader(TYPESCRIPT)
read_tsx = reader(TSX)
read_javascript_migration = reader(JAVASCRIPT, BACKWARDS_IN_MIGRATIONS)
read_typescript_migration = reader(TYPESCRIPT, BACKWARDS_IN_MIGRATIONS)


@dataclass(frozen=True)
class Code:
    """One parsed file."""

    source: Source
    root: Node
    backwards: frozenset[str]

    def hits(self) -> Iterator[Hit]:
        """Every call and string that this build touched."""
        constants = Constants(self.root)
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            first, last = lines_of(node)
            if _is_dead(node) or _is_backwards(node, self.backwards) or not self.source.touched(first, last):
                continue
            if node.type in CALL_NODES:
                yield from self._call(node, constants)
            if node.type in LISTS:
                yield from self._words(node, [literal(item) or "" for item in node.named_children])
            text = literal(node)
            waiting += node.children
            if text is not None and looks_like_sql(text):
                yield from self._sql(node, text, read_loose_sql)

    def _call(self, node: Node, constants: Constants) -> Iterator[Hit]:
        name = name_of(node)
        for pattern, rule in CALLS:
            if pattern.search(name):
                yield self.source.hit(rule, *lines_of(node))
        arguments = _arguments(node)
        if MIGRATION_SQL.search(name):
            yield from self._migration_sql(node, _argument(arguments, "sql"), constants)
        elif QUERY.search(name) and arguments:
            text = literal(arguments[0])
            if text is not None and looks_like_sql(text):
                yield from self._sql(arguments[0], text, read_sql)
        if COMMAND.search(name) and arguments:
            yield from self._command(node, arguments)

    def _migration_sql(self, node: Node, argument: Node | None, constants: Constants) -> Iterator[Hit]:
        """A migration's SQL has to be written out; what it does backwards is not asked."""
        if argument is None or name_of(argument).endswith(".noop"):
            return
        for part in unfold(argument):
            text = constants.text(part)
            if text is None:
                yield self.source.hit("migration_unreadable", *lines_of(node))
            else:
                yield from self._sql(part, text, read_sql)

    def _sql(self, node: Node, text: str, read: Callable[[Source], list[Hit]]) -> Iterator[Hit]:
        first, last = lines_of(node)
        if text.count("\n") == last - first:
            yield from read(self.source.part(text, line=first))
            return
        # Joined or escaped strings have other lines than the text they make: all of it counts as new.
        everything = frozenset(range(1, text.count("\n") + 2))
        for rule in dict.fromkeys(hit.rule for hit in read(Source(text=text, added=everything))):
            yield self.source.hit(rule, first, last)

    def _command(self, node: Node, arguments: list[Node]) -> Iterator[Hit]:
        first = literal(arguments[0])
        if first is not None and re.search(r"\s", first.strip()):
            for hit in read_shell(Source(text=first, added=frozenset(range(1, first.count("\n") + 2)))):
                yield self.source.hit(hit.rule, *lines_of(node))
            return
        words = [literal(part) or "" for argument in arguments for part in unfold(argument)]
        yield from self._words(node, words)

    def _words(self, node: Node, words: list[str]) -> Iterator[Hit]:
        if words and words[0]:
            first, last = lines_of(node)
            yield from read_words(self.source, words, first=first, last=last)


def lines_of(node: Node) -> tuple[int, int]:
    """First and last line of a node, counted from 1."""
    return node.start_point.row + 1, node.end_point.row + 1


def name_of(node: Node) -> str:
    """What is called, with its dots and without spaces, or the end of it; for anything else its own text."""
    called = node.child_by_field_name("function") or node
    if called.type in {"function_expression", "arrow_function", "parenthesized_expression"}:
        return ""  # a whole module may stand here
    return re.sub(r"\s+", "", (called.text or b"")[-LONGEST_NAME:].decode(errors="replace"))


def _arguments(call: Node) -> list[Node]:
    arguments = call.child_by_field_name("arguments")
    if arguments is None:
        return []
    if arguments.type == "template_string":  # sql`...`
        return [arguments]
    return [node for node in arguments.named_children if node.type != "comment"]


def _argument(arguments: list[Node], name: str) -> Node | None:
    for argument in arguments:
        if argument.type != "keyword_argument":
            return argument
        if _keyword(argument) == name:
            return argument.child_by_field_name("value")
    return None


def _keyword(argument: Node) -> str:
    name = argument.child_by_field_name("name")
    return (name.text or b"").decode() if name else ""


def _is_dead(node: Node) -> bool:
    """Prose and what only runs backwards: comments, docstrings, `reverse_sql`."""
    if node.type == "comment":
        return True
    parent = node.parent
    if node.type in {"string", "concatenated_string"} and parent and parent.type == "expression_statement":
        return True
    if node.type == "keyword_argument":
        return _keyword(node) == IGNORED_ARGUMENT
    return _is_second_of_run_sql(node)


def _is_backwards(node: Node, names: frozenset[str]) -> bool:
    """`def downgrade`, `function down`, `exports.down = ...`, `{down: ...}`."""
    if node.type in FUNCTIONS:
        name = node.child_by_field_name("name")
    elif node.type in {"assignment_expression", "variable_declarator", "pair"}:
        fields = ("left", "name", "key")
        name = next((found for field in fields if (found := node.child_by_field_name(field))), None)
    else:
        return False
    return name is not None and (name.text or b"").decode().rpartition(".")[2] in names


def _is_second_of_run_sql(node: Node) -> bool:
    call = node.parent.parent if node.parent is not None and node.parent.type == "argument_list" else None
    if call is None or call.type != "call" or not name_of(call).endswith("RunSQL"):
        return False
    return _arguments(call)[1:2] == [node] and node.type != "keyword_argument"
