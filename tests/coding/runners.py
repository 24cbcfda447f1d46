"""Test runners: how each is called, and what each prints."""

UNITTEST = ("python3", "-m", "unittest", "discover", "-v")
PYTEST = ("python3", "-m", "pytest", "-v", "--tb=short", "-p", "no:cacheprovider")
TAP = ("node", "--test", "--test-reporter=tap")

UNITTEST_OUTPUT = """\
test_bad (tests.test_a.ATest.test_bad) ... FAIL
test_doc (tests.test_a.ATest.test_doc)
It has a docstring. ... ok
test_old (tests.test_a.ATest) ... ok
test_print (tests.test_a.ATest.test_print) ... hello
ok
test_skip (tests.test_a.ATest.test_skip) ... skipped 'no network'
test_sub (tests.test_a.ATest.test_sub) ... test_xfail (tests.test_a.ATest.test_xfail) ... expected failure
tests.test_b (unittest.loader._FailedTest.tests.test_b) ... ERROR

======================================================================
ERROR: tests.test_b (unittest.loader._FailedTest.tests.test_b)
----------------------------------------------------------------------
ImportError: no b
======================================================================
FAIL: test_bad (tests.test_a.ATest.test_bad)
----------------------------------------------------------------------
AssertionError: 1 != 2
======================================================================
FAIL: test_sub (tests.test_a.ATest.test_sub) (i=1)
----------------------------------------------------------------------
AssertionError: 1 != 3

----------------------------------------------------------------------
Ran 8 tests in 0.001s

FAILED (failures=2, errors=1, skipped=1, expected failures=1)
"""
PYTEST_OUTPUT = """\
============================= test session starts ==============================
collected 6 items

tests/test_a.py::test_ok PASSED                                          [ 16%]
tests/test_a.py::TestX::test_param[a b] PASSED                           [ 33%]
tests/test_a.py::test_bad FAILED                                         [ 50%]
tests/test_a.py::test_skip SKIPPED (why)                                 [ 66%]
tests/test_a.py::test_xfail XFAIL                                        [ 83%]
tests/test_a.py::test_teardown PASSED                                    [100%]
tests/test_a.py::test_teardown ERROR                                     [100%]

=================================== FAILURES ===================================
___________________________________ test_bad ___________________________________
tests/test_a.py:5: in test_bad
E   assert 1 == 2
=========================== short test summary info ============================
FAILED tests/test_a.py::test_bad - assert 1 == 2
ERROR tests/test_b.py - ImportError: no b
==== 1 failed, 3 passed, 1 skipped, 1 xfailed, 2 errors in 0.03s ====
"""
SPEC_OUTPUT = """\
✔ adds (1.261074ms)
✖ bad (1.220618ms)
  AssertionError [ERR_ASSERTION]: 1 == 2

﹣ sk (0.171699ms) # SKIP
▶ suite
  ✔ inner # one (0.14037ms)
  ✔ todo (0.109861ms) # TODO
✔ suite (0.583691ms)
\u2139 tests 5
\u2139 pass 2

✖ failing tests:

✖ bad (1.220618ms)
"""
NODE_TESTS = {
    "adds": "passed",
    "bad": "failed",
    "sk": "skipped",
    "suite > inner # one": "passed",
    "suite > todo": "passed",
}
