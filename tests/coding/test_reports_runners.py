"""What tape, mocha, jest, vitest, go and cargo print, as they print it."""

import pytest

from builds.coding.check_report import read_report

TAPE = """TAP version 13
# adds
ok 1 should be strictly equal
ok 2 should be strictly equal
# breaks
ok 3 fine
not ok 4 should be truthy
  ---
    operator: ok
    expected: true
    at: Test.<anonymous> (/checkout/test/a.js:3:1)
  ...
# SKIP later
# known problem
not ok 5 soon # TODO
# nothing inside

1..5
# tests 5
# pass  4
# fail  1
"""

MOCHA = """

  cart
    ✔ adds (12ms)
    empty
      ✔ is zero
      1) has no rows
    - takes coupons

  2 passing (14ms)
  1 pending
  1 failing

  1) cart
       empty
         has no rows:
     AssertionError: expected
      at Context.<anonymous> (test/cart.js:9:14)
"""

JEST = """FAIL test/cart.test.js
  cart
    ✓ adds (3 ms)
    ✕ has no rows (1 ms)
    ○ skipped takes coupons
  ● cart › has no rows
    expect(received).toBe(expected)

Test Suites: 1 failed, 1 total
Tests:       1 failed, 1 skipped, 1 passed, 3 total
"""

VITEST = """
 RUN  v3.2.4 /checkout

 ✓ test/cart.test.ts > cart > adds 1ms
 × test/cart.test.ts > cart > has no rows 4ms
   → expected 1 to be +0
 ↓ test/cart.test.ts > cart > takes coupons

 Test Files  1 failed (1)
      Tests  1 failed | 1 passed | 1 skipped (3)
"""

GO = """=== RUN   TestAdds
--- PASS: TestAdds (0.00s)
=== RUN   TestRows
=== RUN   TestRows/none
--- FAIL: TestRows (0.00s)
    --- FAIL: TestRows/none (0.00s)
        cart_test.go:12: no
FAIL
FAIL\texample.com/cart\t0.003s
=== RUN   TestAdds
--- SKIP: TestAdds (0.00s)
PASS
ok  \texample.com/shop\t0.002s
"""

CARGO = """running 3 tests
test cart::adds ... ok
test cart::rows ... FAILED
test cart::coupons ... ignored

test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
"""


@pytest.mark.parametrize(
    ("output", "tests"),
    [
        (TAPE, {"adds": "passed", "breaks": "failed", "later": "skipped", "known problem": "passed"}),
        (
            MOCHA,
            {
                "cart > adds": "passed",
                "cart > empty > is zero": "passed",
                "cart > empty > has no rows": "failed",
                "cart > takes coupons": "skipped",
            },
        ),
        (JEST, {"cart > adds": "passed", "cart > has no rows": "failed", "cart > takes coupons": "skipped"}),
        (
            VITEST,
            {
                "test/cart.test.ts > cart > adds": "passed",
                "test/cart.test.ts > cart > has no rows": "failed",
                "test/cart.test.ts > cart > takes coupons": "skipped",
            },
        ),
        (
            GO,
            {
                "example.com/cart.TestAdds": "passed",
                "example.com/cart.TestRows": "failed",
                "example.com/cart.TestRows/none": "failed",
                "example.com/shop.TestAdds": "skipped",
            },
        ),
        (CARGO, {"cart::adds": "passed", "cart::rows": "failed", "cart::coupons": "skipped"}),
    ],
    ids=["tape", "mocha", "jest", "vitest", "go", "cargo"],
)
def test_each_test_is_read_with_its_name(output: str, tests: dict[str, str]) -> None:
    report = read_report(output, None)
    assert report.tests == tests
    assert report.seen == len(tests)


def test_colours_do_not_matter() -> None:
    assert read_report("TAP version 13\n\x1b[32m# adds\x1b[0m\nok 1 yes\n", None).tests == {"adds": "passed"}


@pytest.mark.parametrize(
    "output",
    ["", "all fine\n", "  ✔ looks like one\n", "ok\texample.com/x\t[no test files]\n", "--- PASS: x (0s)"],
)
def test_what_no_runner_says_is_no_test(output: str) -> None:
    assert read_report(output, None).tests == {}


def test_jest_without_names_still_counts() -> None:
    report = read_report("PASS test/a.test.js\nPASS test/b.test.js\n\nTests:       7 passed, 7 total\n", None)
    assert (report.tests, report.seen) == ({}, 7)
