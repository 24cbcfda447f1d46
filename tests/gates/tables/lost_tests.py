"""NothingLost, second half: tests that go, sleep or say less, and checks that end well whatever they find."""

from tests.gates.tables.row import Row, adds
from tests.gates.world import Content

PY = """
import unittest


class CartTest(unittest.TestCase):
    def test_a_cart_is_empty(self):
        cart = make_cart()
        self.assertEqual(cart.items, [])
        self.assertEqual(cart.total, 0)

    def test_a_cart_adds_up(self):
        cart = make_cart(3, 4)
        self.assertEqual(cart.total, 7)
"""
FIRST = PY[: PY.index("    def test_a_cart_adds_up")]
BARE = "def test_total():\n    cart = make_cart(3, 4)\n    assert cart.total == 7\n"
JS = "describe('cart', () => {\n  it('adds up', () => {\n    expect(make(3, 4).total).toBe(7);\n  });\n});\n"
GO = "package cart\n\nfunc TestTotal(t *testing.T) {\n\tif total() != 7 {\n\t\tt.Fatal()\n\t}\n}\n"
SH = "tests/test_cart.py"


def changes(rule: str, after: str, *, before: str = PY, path: str = SH, note: str = "") -> Row:
    """A file of tests that was there and changes."""
    return Row(rule, {path: after}, {path: before}, note)


TESTS: tuple[Row, ...] = (
    # removed
    changes("test_removed", FIRST, note="one of two"),
    Row("test_removed", {SH: None, "a.txt": "x"}, {SH: PY}, note="the file goes"),
    changes("test_removed", PY.replace("test_a_cart_adds_up", "do_not_test"), note="no test any more"),
    changes("test_removed", "describe('cart', () => {});\n", before=JS, path="src/cart.test.ts"),
    changes("test_removed", "package cart\n", before=GO, path="cart_test.go"),
    Row("", {SH: None, "tests/shop/test_cart.py": PY}, {SH: PY}, note="moved"),
    changes("", PY.replace("test_a_cart_adds_up", "test_prices_add_up"), note="renamed"),
    changes("", PY + BARE, note="one more"),
    # skipped
    changes("test_skipped", "@pytest.mark." + "skip\n" + BARE, before=BARE),
    changes("test_skipped", "@pytest.mark.xfail(reason='later')\n" + BARE, before=BARE),
    changes("test_skipped", "pytestmark = pytest.mark." + "skipif(True)\n" + BARE, before=BARE),
    changes(
        "test_skipped", PY.replace("    def test_a_cart_a", "    @unittest.skip('x')\n    def test_a_cart_a")
    ),
    changes(
        "test_skipped",
        PY.replace("        cart = make_cart(3", "        self.skipTest('x')\n        cart = make_cart(3"),
    ),
    changes("test_skipped", JS.replace("it(", "it.skip("), before=JS, path="src/cart.test.ts"),
    changes("test_skipped", JS.replace("describe(", "xdescribe("), before=JS, path="src/cart.test.ts"),
    changes("test_skipped", JS.replace("it(", "it.only("), before=JS, path="src/cart.test.ts"),
    changes("test_skipped", GO.replace("\tif", "\tt.Skip()\n\tif"), before=GO, path="cart_test.go"),
    adds("test_skipped", "tests/conftest.py", "collect_ignore = ['test_cart.py']\n"),
    changes("", "# @pytest.mark." + "skip: was flaky, is not\n" + BARE, before=BARE),
    changes("", BARE + "    assert skip(cart) == 'skipped'\n", before=BARE),
    Row(
        "", {"shop/jobs.py": "x = it.skip(1)\nself.skipTest()\n"}, {"shop/jobs.py": "x = 1\n"}, note="no test"
    ),
    # emptied, and less said
    changes("test_emptied", PY[: PY.index("        cart = make_cart(3")] + "        pass\n"),
    changes(
        "test_emptied", JS.replace("    expect(make(3, 4).total).toBe(7);\n", ""), before=JS, path="a.test.js"
    ),
    changes("assertions_removed", PY.replace("        self.assertEqual(cart.total, 0)\n", "")),
    changes(
        "assertions_removed", BARE.replace("    assert cart.total == 7\n", "    print(cart)\n"), before=BARE
    ),
    changes("test_weakened", PY.replace("assertEqual(cart.total, 7)", "assertTrue(cart.total)")),
    changes("test_weakened", BARE.replace("assert cart.total == 7", "assert cart.total"), before=BARE),
    changes("test_weakened", JS.replace("toBe(7)", "toBeDefined()"), before=JS, path="a.test.js"),
    changes("", PY.replace("cart.total, 7", "cart.total, 8"), note="another number"),
    changes("", PY.replace("assertEqual(cart.total, 7)", "assertIs(cart.total, 7)")),
    # new tests that say nothing
    changes("test_says_nothing", BARE + "\ndef test_more():\n    pass\n", before=BARE),
    changes("test_says_nothing", BARE + "\ndef test_more():\n    assert True\n", before=BARE),
    changes("test_says_nothing", BARE + "\ndef test_more():\n    assert 1 == 1\n", before=BARE),
    changes("test_says_nothing", BARE + "    assert cart.total == 8 or True\n", before=BARE),
    changes("test_says_nothing", JS + "it('x', () => {});\n", before=JS, path="a.test.js"),
    changes(
        "test_says_nothing",
        JS + "it('x', () => { expect(true).toBe(true); });\n",
        before=JS,
        path="a.test.js",
    ),
    changes("test_asserts_nothing", BARE + "\ndef test_more():\n    make_cart(5)\n", before=BARE),
    changes(
        "",
        BARE + "\ndef test_more():\n    with pytest.raises(ValueError):\n        make_cart(-1)\n",
        before=BARE,
    ),
    changes("", BARE + "\ndef test_more():\n    check_cart(make_cart(1))\n", before=BARE),
    changes("", BARE + "\ndef test_more():\n    assert True in make_cart(1).flags\n", before=BARE),
)


def package(rule: str, scripts: str) -> Row:
    """The scripts of a package, whose test was jest before."""
    before: Content = '{"scripts": {"test": "jest"}}'
    after: Content = '{"scripts": {' + scripts + "}}"
    return Row(rule, {"package.json": after}, {"package.json": before})


SILENCED: tuple[Row, ...] = (
    package("check_silenced", '"test": "exit 0"'),
    package("check_silenced", '"test": "jest || true"'),
    package("check_silenced", '"test": "jest", "lint": "echo ok"'),
    package("", '"test": "node --test", "start": "exit 0", "postinstall": "echo done"'),
    adds("check_silenced", "Makefile", "test:\n\texit 0\n"),
    adds("check_silenced", "Makefile", "test:\n\t-pytest\n"),
    adds("check_silenced", "scripts/check.sh", "#!/bin/sh\npytest\nexit 0\n"),
    adds("check_silenced", "run.sh", "python -m pytest -q || true\n"),
    adds("check_silenced", "tox.ini", "[pytest]\naddopts = --ignore=tests/test_cart.py\n"),
    adds("check_silenced", "jest.config.js", "module.exports = { passWithNoTests: true };\n"),
    adds("check_silenced", "ci.yml", "steps:\n  - run: npm test\n    continue-on-error: true\n"),
    adds("check_silenced", "tests/conftest.py", "import os\n\nos._exit(0)\n"),
    changes("check_silenced", "import sys\n\nsys.exit(0)\n" + BARE, before=BARE),
    adds("", "Makefile", "clean:\n\trm -f a || true\ntest:\n\tpytest\n"),
    adds("", "scripts/build.sh", "#!/bin/sh\nif [ -f done ]; then\n  exit 0\nfi\nmkdir -p out || true\n"),
    adds("", "scripts/check.sh", "#!/bin/sh\nset -e\nif [ -z \"$1\" ]; then\n  exit 0\nfi\npytest\nexit 1\n"),
    adds("", "README.md", "Run `pytest || true` and exit 0.\n"),
    adds("", "tests/test_cli.py", "def test_it_ends():\n    with raises(SystemExit):\n        sys.exit(1)\n"),
)  # fmt: skip

TABLE = (*TESTS, *SILENCED)
