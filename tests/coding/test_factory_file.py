"""`.dream/factory.yaml`: strict, small, and read at the base commit only."""

import pytest

from builds.coding.factory_file import FactoryFile, read_factory_file
from builds.ports import Refused


def read(text: str | bytes | None) -> FactoryFile:
    data = text.encode() if isinstance(text, str) else text
    return read_factory_file(lambda path: data if path == ".dream/factory.yaml" else None)


def test_without_a_file_nothing_is_said() -> None:
    assert read(None) == read("") == read("# nothing\n") == FactoryFile()


def test_checks_are_words_or_a_string_or_a_table_with_a_report() -> None:
    said = read(
        "checks:\n"
        "  tests: python3 -m pytest 'a b'\n"
        "  lint: [ruff, check]\n"
        "  unit: {run: npx vitest, junit: out/report.xml}\n"
        "setup: {requirements: [ci/all.txt]}\n"
    )
    assert [(c.name, c.argv, c.junit, c.source) for c in said.as_checks()] == [
        ("tests", ("python3", "-m", "pytest", "a b"), "", ".dream/factory.yaml"),
        ("lint", ("ruff", "check"), "", ".dream/factory.yaml"),
        ("unit", ("npx", "vitest"), "out/report.xml", ".dream/factory.yaml"),
    ]
    assert said.setup.requirements == ("ci/all.txt",)


BOMB = "a: &a [x, x, x]\nb: &b [*a, *a, *a]\nchecks: {t: *b}\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("checks: [1]", "checks"),
        ("test_runs: {}", "test_runs"),
        ("checks: {tests: {run: x, shell: true}}", "shell"),
        ("checks: {tests: []}", "at least 1"),
        ("checks: {tests: ''}", "at least 1"),
        ("checks: {tests: [1]}", "valid string"),
        ("checks: {'../x': y}", "pattern"),
        ('checks: {tests: "it\'s"}', "quotation"),
        ("checks: {t: {run: x, junit: ../../etc/passwd}}", r"\.\."),
        ("checks: {t: {run: x, junit: /etc/passwd}}", "relative"),
        ("setup: {requirements: [../x.txt]}", r"\.\."),
        ("setup: {hosts: [evil.example]}", "hosts"),
        ("policy: {four_eyes: never}", "policy"),
        ("- a list", "FactoryFile|dictionary|mapping"),
        ("checks: {t: !!python/object/apply:os.system [id]}", "tag"),
        (BOMB, "aliases"),
        ("a: b: c", "mapping"),
        (b"\xff\xfe", "decode"),
        ("#" * 40_000, "larger than 32 KB"),
        ("checks:\n" + "".join(f"  c{n}: x\n" for n in range(20)), "at most 16"),
        ("[" * 5000, "cannot be used"),
    ],
)
def test_anything_else_is_refused_and_says_why(text: str | bytes, why: str) -> None:
    with pytest.raises(Refused, match=why) as caught:
        read(text)
    assert caught.value.code == "factory_file_invalid"
