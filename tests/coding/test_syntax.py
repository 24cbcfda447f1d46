"""Parse errors: only those that an edit adds."""

import pytest

from builds.coding.outlines import symbols_of
from builds.coding.syntax import added_problem, parse_problems

GOOD = {
    "a.py": "match x:\n    case 1:\n        pass\n",
    "invalid_escape.py": "x = '\\d'\n",
    "bom.py": "\ufeffx = 1\n",
    "a.json": '{"a": [1]}',
    "a.toml": 'a = "1"\n',
    "a.js": "const a = async (b) => { await b?.c ?? 1; };\nclass D { #x = 1; static y() {} }\n",
    "a.mjs": "export default import('x');\n",
    "a.jsx": "const a = <div className='x'>{b}</div>;\n",
    "a.ts": "type A<T> = { [K in keyof T]?: T[K] } & { a: string };\nconst b = <A<number>>c satisfies D;\n",
    "a.tsx": "const a = <T,>(b: T) => <div>{b as string}</div>;\n",
    "a.css": "a {",
    "Makefile": "a: (",
}
BAD = {
    "a.py": "def f(:\n    pass\n",
    "indent.py": "def f():\npass\n",
    "outside.py": "return 1\n",
    "null.py": "x = '\0'\n",
    "deep.py": "(" * 5000 + ")" * 5000,
    "a.json": "{'a': 1}",
    "deep.json": "[" * 200_000,
    "a.toml": "a = \n",
    "a.js": "function f( { return 1 }\n",
    "a.jsx": "const a = <div>{b}</span;\n",
    "a.ts": "interface A { b: string\n",
    "a.tsx": "const a = (<div>;\n",
}


@pytest.mark.parametrize("path", GOOD)
def test_a_good_file_has_no_problem(path: str) -> None:
    assert parse_problems(path, GOOD[path]) == ()


@pytest.mark.parametrize("path", BAD)
def test_a_broken_new_file_has_one(path: str) -> None:
    assert added_problem(path, before=None, after=BAD[path]) is not None


@pytest.mark.parametrize("path", BAD)
def test_a_file_that_was_broken_already_may_stay_so(path: str) -> None:
    assert added_problem(path, before=BAD[path], after=BAD[path]) is None


def test_a_second_error_in_a_broken_script_is_noticed() -> None:
    broken = "const a = (;\nconst ok = 1;\n"
    found = added_problem("a.js", before=broken, after=broken + "\nconst b = 2;\nconst c = {{;\n")
    assert found is not None


def test_a_problem_names_its_line() -> None:
    found = added_problem("a.ts", before="const a = 1;\n", after="const a = 1;\nconst b = = 2;\n")
    assert found is not None
    assert found.line == 2


def test_outlines_know_their_languages() -> None:
    script = "export class A { b() {} }\nexport const c = () => 1;\nfunction d() {}\n"
    typed = "export interface A {}\ntype B = string;\nenum C {}\nabstract class E { f(): void {} }\n"
    assert [str(symbol).strip() for symbol in symbols_of("a.js", script)] == [
        "class A  lines 1-1",
        "method b  lines 1-1",
        "const c  lines 2-2",
        "function d  lines 3-3",
    ]
    assert [symbol.name for symbol in symbols_of("a.ts", typed)] == ["A", "B", "C", "E", "f"]
    assert [symbol.name for symbol in symbols_of("a.py", "def broken(:\n\ndef good():\n    pass\n")][
        -1
    ] == "good"
    markdown = "# One\n\ntext\n\n```\n# no heading\n```\n\n## Two\n"
    assert [(s.kind, s.name, s.first, s.last) for s in symbols_of("a.md", markdown)] == [
        ("#", "One", 1, 8),
        ("##", "Two", 9, 9),
    ]
