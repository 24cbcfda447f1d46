"""What destroys is found in the lines that a build wrote, marked, and put before the right person."""

from pathlib import Path

import pytest

from builds.diffs import ChangeSet
from builds.evidence import Finding
from builds.gates import NothingDestructive
from builds.gates.destructive.readers import findings
from builds.gates.destructive.rules import RULES
from builds.outcomes import Fail, Pass, Pause, Verdict
from tests.gates.destructive_table import TABLE
from tests.gates.world import Content, diff, facts, with_patch


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[int, list[Finding]]:
    """What is found in each row, out of one real diff that holds them all."""
    files = {f"{number}/{path}": text for number, (path, text, _) in enumerate(TABLE)}
    changes = ChangeSet.parse(diff(tmp_path_factory.mktemp("table"), {}, dict(files)))
    by_row: dict[int, list[Finding]] = {number: [] for number in range(len(TABLE))}
    for finding in findings(changes):
        by_row[int(finding.path.partition("/")[0])].append(finding)
    return by_row


@pytest.mark.parametrize(
    "number",
    range(len(TABLE)),
    ids=[f"{rule or 'nothing'}: {path}: {text[:60]!a}" for path, text, rule in TABLE],
)
def test_each_row_meets_its_rule_and_no_other(number: int, found: dict[int, list[Finding]]) -> None:
    expected = TABLE[number][2]
    assert {finding.rule for finding in found[number]} == ({expected} if expected else set())


def test_every_rule_is_met_by_a_row() -> None:
    assert {rule for *_, rule in TABLE} - {""} == set(RULES)


def test_a_finding_marks_the_line_and_says_why_in_plain_words(tmp_path: Path) -> None:
    before = "CREATE TABLE a (b int);\n"
    after = before + "\nALTER TABLE a\n  DROP COLUMN b;\n"
    (finding,) = findings(ChangeSet.parse(diff(tmp_path, {"m.sql": before}, {"m.sql": after})))
    assert (finding.path, finding.line, finding.text) == ("m.sql", 3, "ALTER TABLE a")
    assert finding.severity == "high"
    assert finding.reason == "Drops a part of a table, such as a column with its data."


BEFORE = "DROP TABLE old;\n\nDELETE FROM logs\n  WHERE id = 7;\n\nSELECT 1;\n"


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (BEFORE + "SELECT 2;\n", []),
        ("SELECT 0;\n" + BEFORE, []),
        (BEFORE.replace("DROP TABLE old;\n", ""), []),
        (BEFORE.replace("DROP TABLE old;\n", "DROP TABLE old; -- really\n"), [("sql_drop_table", 1)]),
        (BEFORE.replace("\n  WHERE id = 7", ""), [("sql_delete_all", 3)]),
        (BEFORE.replace("id = 7", "1 = 1"), [("sql_delete_all", 4)]),
        (BEFORE.replace("  WHERE id = 7;\n\nSELECT 1;\n", ""), [("sql_delete_all", 3)]),
    ],
    ids=["behind", "before", "removed", "rewritten", "where cut", "where changed", "where cut at the end"],
)
def test_only_statements_that_the_build_touched_count(
    after: str, expected: list[tuple[str, int]], tmp_path: Path
) -> None:
    changes = ChangeSet.parse(diff(tmp_path, {"m.sql": BEFORE}, {"m.sql": after}))
    assert [(finding.rule, finding.line) for finding in findings(changes)] == expected


def test_a_line_that_loses_its_where_in_code_counts_too(tmp_path: Path) -> None:
    before = 'QUERY = """\n    DELETE FROM logs\n    WHERE id = 7\n"""\n'
    after = before.replace("    WHERE id = 7\n", "")
    (finding,) = findings(ChangeSet.parse(diff(tmp_path, {"a.py": before}, {"a.py": after})))
    assert (finding.rule, finding.line) == ("sql_delete_all", 2)


def test_what_was_there_before_and_stays_in_a_script_does_not_count(tmp_path: Path) -> None:
    before = "rm -rf build\ngit push --force\n"
    changes = ChangeSet.parse(diff(tmp_path, {"run.sh": before}, {"run.sh": "ls\n" + before + "ls\n"}))
    assert findings(changes) == ()


def test_removing_a_file_destroys_nothing_but_the_file(tmp_path: Path) -> None:
    changes = ChangeSet.parse(diff(tmp_path, {"m.sql": "DROP TABLE users;"}, {"a.txt": "x"}))
    assert findings(changes) == ()


def test_a_script_that_is_binary_cannot_be_read(tmp_path: Path) -> None:
    files: dict[str, Content] = {
        "m.sql": "DROP TABLE a;".encode("utf-16"),
        "logo.png": b"\0\1",
        "b.sql": b"\0",
    }
    changes = ChangeSet.parse(diff(tmp_path, {}, files))
    assert [(finding.rule, finding.path) for finding in findings(changes)] == [
        ("file_unreadable", "b.sql"),
        ("file_unreadable", "m.sql"),
    ]


def test_code_that_is_nested_beyond_measure_is_read_or_refused_but_never_passed_by(tmp_path: Path) -> None:
    deep = "x = " + "(" * 5000 + "'DROP TABLE users'" + ")" * 5000 + "\n"
    sql = "SELECT " + "(" * 3000 + "1" + ")" * 3000 + ";\nDROP TABLE users;\n"
    changes = ChangeSet.parse(
        diff(tmp_path, {}, {"a.py": deep, "m.sql": sql, "b.py": "x = 'a'" + " + 'a'" * 3000})
    )
    assert {finding.path for finding in findings(changes)} >= {"a.py", "m.sql"}


def test_a_dump_that_nobody_could_review_is_not_even_read(tmp_path: Path) -> None:
    dump = "INSERT INTO a (id, name) VALUES (7, 'it''s');\n" * 1000
    changes = ChangeSet.parse(diff(tmp_path, {}, {"m.sql": dump, "big.sql": "SELECT 1;\n" * 60_000}))
    assert [(finding.rule, finding.path) for finding in findings(changes)] == [("sql_unreadable", "big.sql")]


def ask(tmp_path: Path, files: dict[str, Content]) -> Verdict:
    """What the gate says to new files."""
    return NothingDestructive().ask(with_patch(diff(tmp_path, {"a": "x"}, files)))


def test_a_high_finding_asks_a_reviewer(tmp_path: Path) -> None:
    verdict = ask(tmp_path, {"m.sql": "ALTER TABLE a DROP COLUMN b;", "a.py": "shutil.rmtree(x)"})
    assert isinstance(verdict, Pause)
    assert verdict.may_decide == "reviewer"
    assert [finding.rule for finding in verdict.findings] == ["sql_alter_drop", "code_remove_tree"]
    assert verdict.reason.startswith("Destructive operations detected, 1 risky line: m.sql:1 ")


def test_a_critical_finding_asks_a_reviewer_who_is_not_the_requester(tmp_path: Path) -> None:
    verdict = ask(tmp_path, {"m.sql": "ALTER TABLE a DROP COLUMN b;\nDROP TABLE a;"})
    assert isinstance(verdict, Pause)
    assert verdict.may_decide == "other_reviewer"
    assert [finding.severity for finding in verdict.findings] == ["critical", "high"]


def test_lower_findings_alone_do_not_pause(tmp_path: Path) -> None:
    verdict = ask(tmp_path, {"a.py": "shutil.rmtree(x)"})
    assert isinstance(verdict, Pass)
    assert [finding.rule for finding in verdict.findings] == ["code_remove_tree"]


def test_asking_again_gives_the_same_findings(tmp_path: Path) -> None:
    patched = with_patch(diff(tmp_path, {}, {"m.sql": "DROP TABLE a; DROP VIEW b;", "run.sh": "rm -rf x"}))
    assert NothingDestructive().ask(patched) == NothingDestructive().ask(patched)


def test_without_a_change_set_nothing_is_decided() -> None:
    verdict = NothingDestructive().ask(facts())
    assert isinstance(verdict, Fail)
    assert verdict.code == "evidence_missing"
