"""`manage.py dream` as a shell runs it: exit codes, streams, help, and never a traceback."""

import json
import re
import subprocess
import sys
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from builds.management.commands.dream import SUBCOMMANDS, Command
from builds.management.dream.subcommand import Family
from builds.models import Job
from tests import factories
from tests.conftest import RunManage
from tests.management.conftest import Dream

MANAGE = [sys.executable, str(Path(settings.ROOT) / "manage.py")]


def below(parser: ArgumentParser) -> Iterator[ArgumentParser]:
    """The parsers of all subcommands."""
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            for child in action.choices.values():
                yield child
                yield from below(child)


def test_a_spec_comes_by_standard_input_and_a_document_goes_to_standard_output(
    child_environment: dict[str, str], people: dict[str, Any]
) -> None:
    factories.repo()
    words = ["dream", "submit", "-", "--repo", "acme/billing", "--budget", "2", "--json", "--as", "alice"]
    ran = subprocess.run(
        [*MANAGE, *words],
        input="# Größe\n\n## Requirements\n\n- a moon\n".encode(),
        env=child_environment, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    document = json.loads(ran.stdout)
    assert (ran.returncode, document["title"]) == (0, "Größe")
    assert Job.objects.get().job_id == document["jobId"]
    assert b"No worker runs" in ran.stderr


def test_what_goes_wrong_is_one_line_on_standard_error(run_manage: RunManage, people: dict[str, Any]) -> None:
    ran = run_manage("dream", "show", "nothing", "--as", "alice")
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", "dream: There is no job nothing.\n")


def test_a_reader_that_leaves_early_is_no_failure(
    child_environment: dict[str, str], people: dict[str, Any]
) -> None:
    for _ in range(30):
        factories.job(title="x" * 300)
    line = f"{sys.executable} {MANAGE[1]} dream list --limit 30 --as alice | head -n 1"
    ran = subprocess.run(
        ["sh", "-c", line], env=child_environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in ran.stderr
    assert "Exception" not in ran.stderr


def test_help_names_every_subcommand_the_exit_codes_and_how_to_begin(dream: Dream) -> None:
    told = Command().create_parser("manage.py", "dream").format_help()
    for command in SUBCOMMANDS:
        assert re.search(rf"^    {command.name}\s", told, re.MULTILINE)
        assert command.help in " ".join(told.split())  # a terminal wraps them
    assert "0 done, 1 error, 2 usage, 3 paused for approval, 4 rejected, 5 failed" in told
    assert "python3 manage.py dream submit" in told
    assert "--settings" not in told
    nothing = dream()
    assert nothing.code == 2
    assert "usage: " in nothing.out


def test_each_subcommand_explains_itself_and_each_of_its_options() -> None:
    parsers = list(below(Command().create_parser("manage.py", "dream")))
    below_a_word = sum(len(each.members) for each in SUBCOMMANDS if isinstance(each, Family))
    assert len(parsers) == len(SUBCOMMANDS) + below_a_word
    for parser in parsers:
        assert parser.description, parser.prog
        assert all(action.help for action in parser._actions if not isinstance(action, _SubParsersAction))
        assert max(len(line) for line in parser.format_help().splitlines()) <= 110
