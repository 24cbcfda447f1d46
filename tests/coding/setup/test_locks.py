"""Lock files of uv and Poetry: exactly what one machine needs, with hashes."""

import pytest

from builds.coding.setup.python import LOCKED
from builds.ports import Refused
from tests.coding.setup.manifests import calls, python

UV = """
version = 1
[[package]]
name = "app"
version = "0.1.0"
source = { editable = "." }
dependencies = [{ name = "web", extra = ["tls"] }, { name = "winonly", marker = "sys_platform == 'win32'" }]
[package.dev-dependencies]
dev = [{ name = "check" }]
docs = [{ name = "pages" }]
[package.optional-dependencies]
test = [{ name = "probe" }]
[[package]]
name = "web"
version = "2.0"
source = { registry = "https://index.example/simple" }
dependencies = [{ name = "forked", version = "1.5", marker = "python_version >= '3.8'" }]
wheels = [{ url = "https://x/w.whl", hash = "sha256:aa" }]
sdist = { url = "https://x/w.tar.gz", hash = "sha256:ab" }
[package.optional-dependencies]
tls = [{ name = "certs" }]
[[package]]
name = "forked"
version = "1.0"
source = { registry = "r" }
resolution-markers = ["python_version < '3.8'"]
wheels = [{ hash = "sha256:f1" }]
[[package]]
name = "forked"
version = "1.5"
source = { registry = "r" }
resolution-markers = ["python_version >= '3.8'"]
wheels = [{ hash = "sha256:f2" }]
[[package]]
name = "certs"
version = "3"
source = { registry = "r" }
wheels = [{ hash = "sha256:cc" }]
[[package]]
name = "check"
version = "4"
source = { registry = "r" }
wheels = [{ hash = "sha256:ce" }]
[[package]]
name = "probe"
version = "5"
source = { registry = "r" }
wheels = [{ hash = "sha256:bb" }]
[[package]]
name = "pages"
version = "6"
source = { git = "https://forge.example/pages" }
[[package]]
name = "winonly"
version = "7"
source = { registry = "r" }
"""


def test_uv_lock_gives_exactly_what_this_machine_needs() -> None:
    recipe = python({"uv.lock": UV, "pyproject.toml": '[project]\nname = "app"\nversion = "0.1.0"\n'})
    assert recipe is not None
    assert recipe.files[LOCKED].decode().splitlines() == [
        "certs==3 --hash=sha256:cc",
        "check==4 --hash=sha256:ce",
        "forked==1.5 --hash=sha256:f2",
        "probe==5 --hash=sha256:bb",
        "web==2.0 --hash=sha256:aa --hash=sha256:ab",
    ]
    assert calls(recipe) == [f"--no-deps --require-hashes -r {LOCKED}"]


@pytest.mark.parametrize(
    ("lock", "why"),
    [
        (UV.replace('{ name = "check" }', '{ name = "pages" }'), "pages from git"),
        (UV.replace('wheels = [{ hash = "sha256:cc" }]', ""), "no hash for certs"),
        ("", "which of its packages is the repository itself"),
    ],
)
def test_a_lock_that_pip_cannot_follow_is_told(lock: str, why: str) -> None:
    with pytest.raises(Refused, match=why) as caught:
        python({"uv.lock": lock})
    assert caught.value.code == "setup_unsupported"


POETRY = """
[[package]]
name = "Web"
version = "2.0"
optional = false
files = [{file = "w.whl", hash = "sha256:aa"}]
[package.dependencies]
colour = {version = "*", markers = "sys_platform == 'win32'"}
words = [
  {version = ">=1", markers = "python_version < '3.8'"},
  {version = ">=2", markers = "python_version >= '3.8'"},
]
certs = {version = "*", optional = true, markers = "extra == 'tls'"}
[package.extras]
tls = ["certs (>=1)"]
[[package]]
name = "words"
version = "2.2"
files = [{file = "x", hash = "sha256:bb"}]
[[package]]
name = "certs"
version = "3"
files = [{file = "x", hash = "sha256:cc"}]
[[package]]
name = "colour"
version = "4"
files = [{file = "x", hash = "sha256:dd"}]
[[package]]
name = "tester"
version = "5"
files = [{file = "x", hash = "sha256:ee"}]
[[package]]
name = "pages"
version = "6"
files = []
"""
POETRY_PROJECT = """
[tool.poetry.dependencies]
python = "^3.11"
web = {version = "^2", EXTRAS}
maybe = {version = "1", optional = true}
[tool.poetry.group.test.dependencies]
tester = "*"
[tool.poetry.group.docs.dependencies]
pages = "*"
"""


@pytest.mark.parametrize(("extras", "more"), [("extras = []", []), ('extras = ["tls"]', ["certs==3"])])
def test_poetry_lock_gives_exactly_what_this_machine_needs(extras: str, more: list[str]) -> None:
    project = POETRY_PROJECT.replace("EXTRAS", extras)
    recipe = python({"poetry.lock": POETRY, "pyproject.toml": project})
    assert recipe is not None
    names = [line.split()[0] for line in recipe.files[LOCKED].decode().splitlines()]
    assert names == sorted([*more, "tester==5", "Web==2.0", "words==2.2"], key=str.lower)


def test_an_older_poetry_lock_keeps_its_hashes_at_the_end() -> None:
    lock = (
        '[[package]]\nname = "a"\nversion = "1"\n[metadata.files]\na = [{file = "x", hash = "sha256:00"}]\n'
    )
    recipe = python({"poetry.lock": lock, "pyproject.toml": '[tool.poetry.dependencies]\na = "*"\n'})
    assert recipe is not None
    assert recipe.files[LOCKED] == b"a==1 --hash=sha256:00\n"


def test_poetry_without_a_lock_is_told() -> None:
    with pytest.raises(Refused, match=r"no poetry\.lock"):
        python({"pyproject.toml": '[tool.poetry.dependencies]\na = "^1"\n'})
