"""The checks of a repository: what its files say of them, and what the policy says instead."""

from pathlib import Path

import pytest

from builds.coding.detect import detect_checks
from builds.evidence import Check
from builds.policy import Policy
from tests.coding.runners import PYTEST, TAP, UNITTEST


@pytest.mark.parametrize(
    ("files", "argv"),
    [
        ({"test_a.py": ""}, UNITTEST),
        ({"pkg/tests/test_a.py": "", "pkg/__init__.py": "", "pkg/tests/__init__.py": ""}, UNITTEST),
        ({"tests/test_a.py": ""}, (*UNITTEST, "-s", "tests")),
        ({"tests/test_a.py": "", "tests/__init__.py": ""}, UNITTEST),
        (
            {"tests/test_a.py": "", "src/p/__init__.py": ""},
            ("env", "PYTHONPATH=src", *UNITTEST, "-s", "tests"),
        ),
        ({"test_a.py": "", "pytest.ini": ""}, PYTEST),
        ({"tests/test_a.py": "", "tests/conftest.py": ""}, PYTEST),
        ({"test_a.py": "", "requirements-dev.txt": "pytest==8\n"}, PYTEST),
        ({"test_a.py": "", "pyproject.toml": '[dependency-groups]\ndev = ["pytest>=8"]\n'}, PYTEST),
        ({"test_a.py": "", "pyproject.toml": "[tool.pytest.ini_options]\n"}, PYTEST),
        ({"test_a.py": "", "pyproject.toml": "# no pytest here\n[project]\n"}, UNITTEST),
        ({"test_a.py": "", "setup.cfg": "[tool:pytest]\n"}, PYTEST),
        ({"package.json": '{"scripts": {"test": "node --test test/a.js"}}'}, (*TAP, "test/a.js")),
        ({"package.json": '{"scripts": {"test": "node --test"}}'}, TAP),
        ({"package.json": '{"scripts": {"test": "jest && echo"}}'}, ("npm", "test")),
        ({"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'}, None),
        ({"package.json": '{"scripts": []}'}, None),
        ({"package.json": "{"}, None),
        ({"node_modules/x/test_a.py": "", "main.py": ""}, None),
    ],
)
def test_the_check_of_a_repository_is_found_in_its_files(
    tmp_path: Path, files: dict[str, str], argv: tuple[str, ...] | None
) -> None:
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    found = detect_checks(tmp_path, Policy())
    assert [check.argv for check in found] == ([argv] if argv else [])


def test_the_policy_says_it_better_than_the_files(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").touch()
    policy = Policy(checks={"all": ("make", "check")})
    assert detect_checks(tmp_path, policy) == (Check(name="all", argv=("make", "check"), source="policy"),)
