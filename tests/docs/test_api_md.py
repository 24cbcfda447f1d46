"""Every command of `docs/api.md` is run as it is written, and answers what is written below it.

After a change of an answer, let them be written anew; what is left out (`…`) stays left out, what is still
true stays as it is, and an empty `http` block below a new command is filled in:

    python3 manage.py test tests/docs/test_api_md.py --all --write-answers
"""

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from django.urls import resolve

from tests.api.described import wrong_with
from tests.api.servers import serve
from tests.api.test_matrix import methods, routes
from tests.conftest import ROOT
from tests.docs import curl, pages
from tests.docs.answers import Answer, differences, status_of
from tests.docs.layout import rewritten
from tests.docs.world import environment_of_a_reader, make

PAGE = ROOT / "docs" / "api.md"
FOR_PEOPLE = {"", "favicon.ico"}
NOWHERE = "v1/<path:rest>"
REAL = shutil.which("curl")
CURLS = ["stand-in", *(["curl"] if REAL else [])]
"""The real one where there is one: see `curl.py`."""


def page() -> str:
    """The text."""
    return PAGE.read_text(encoding="utf-8")


def test_every_route_and_method_has_a_curl_with_its_answer_and_none_is_for_a_route_that_there_is_not() -> (
    None
):
    wanted = {
        (method, route.removeprefix("api/"))
        for route, view in routes().items()
        if route not in FOR_PEOPLE and route != NOWHERE
        for method in methods(view)
    }
    found = {(each.method, resolve(each.path).route.removeprefix("api/")) for each in pages.requests(page())}
    assert sorted(wanted - found) == [], f"write a curl for it into {PAGE.name}"
    assert sorted(found - wanted) == [], "there is no such route or method any more"


def test_every_curl_that_prints_its_answer_has_one_below_it() -> None:
    found = pages.examples(page())
    assert len(found) > 40
    prints = {each.line: len(re.findall("^curl -si", each.command, re.MULTILINE)) for each in found}
    assert [each.line for each in found if prints[each.line] != (each.answer is not None)] == []


@pytest.mark.campaign
@pytest.mark.timeout(400)
@pytest.mark.parametrize("which", CURLS)
def test_every_command_answers_what_is_written_below_it(
    which: str,
    django_db_reset_sequences: None,
    child_environment: dict[str, str],
    free_port: int,
    tmp_path: Path,
    redis_client: object,
    request: pytest.FixtureRequest,
) -> None:
    server = make(new(tmp_path / "var"))
    with serve(child_environment, free_port, **server) as address:
        environment = reader(which, new(tmp_path / "bin")) | environment_of_a_reader(address)
        printed = pages.run(page(), environment=environment, folder=new(tmp_path / "home"))
    given = {
        number: (example, Answer.read(text))
        for number, (example, text) in enumerate(zip(pages.examples(page()), printed, strict=True))
        if example.answer is not None
    }
    if request.config.getoption("write_answers") and which == CURLS[0]:
        answers = {number: rewritten(example.answer or "", said) for number, (example, said) in given.items()}
        PAGE.write_text(pages.with_answers(page(), answers), encoding="utf-8")
        return
    wrong = [
        f"line {asked.line}: {line}"
        for (example, said), asked in zip(given.values(), pages.requests(page()), strict=True)
        for line in differences(Answer.read(example.answer or ""), said) + undescribed(asked, said)
    ]
    assert not wrong, "\n".join([*wrong, "If this is as it should be, run this with --write-answers"])


def undescribed(asked: pages.Request, said: Answer) -> list[str]:
    """What an answer has that the schema does not say, or the other way round."""
    return wrong_with(asked.method, asked.path, int(status_of(said)), said.headers, said.body.encode())


def new(folder: Path) -> Path:
    """A folder that was not there."""
    folder.mkdir()
    return folder


def reader(which: str, folder: Path) -> dict[str, str]:
    """The environment of a shell whose `curl` is the chosen one."""
    (folder / "python3").symlink_to(sys.executable)
    command = folder / "curl"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -IS "{curl.__file__}" "$@"\n')
    command.chmod(0o755)
    if which == "curl":
        command.unlink()
        command.symlink_to(str(REAL))
    return {
        "PATH": f"{folder}:{os.defpath}",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "NO_PROXY": "127.0.0.1",
    }
