"""Settings choose the forge: GitHub with credentials, else bare repositories; half a credential is none."""

import subprocess
import sys

import pytest
from django.test import override_settings

from builds import adapters
from builds.adapters.forge_github import GitHubForge
from builds.adapters.forge_local import LocalForge
from dreamsite.env import child_variables
from tests.conftest import ROOT

ASK = "from dreamsite import settings; print(settings.FORGE, settings.GITHUB_API_URL)"


def ask(**variables: str) -> tuple[str, str]:
    """The forge that a process with these variables has, or the last line of why it does not start."""
    ran = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=ROOT,
        env={**child_variables(), **variables},
        check=False,
        capture_output=True,
        text=True,
    )
    return ran.stdout.strip(), (ran.stderr.strip().splitlines() or [""])[-1]


@pytest.mark.parametrize(
    ("variables", "forge"),
    [
        ({}, "local https://api.github.com"),
        ({"GITHUB_TOKEN": "x"}, "github https://api.github.com"),
        ({"GITHUB_TOKEN": "x", "DREAM_FORGE": "local"}, "local https://api.github.com"),
        ({"GITHUB_APP_ID": "1", "GITHUB_APP_PRIVATE_KEY": "x"}, "github https://api.github.com"),
        ({"GITHUB_API_URL": "https://ghe.example.com/api/v3/"}, "local https://ghe.example.com/api/v3"),
    ],
)
def test_credentials_choose_github(variables: dict[str, str], forge: str) -> None:
    assert ask(**variables) == (forge, "")


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"DREAM_FORGE": "github"}, "github needs GITHUB_TOKEN"),
        ({"GITHUB_APP_ID": "1"}, "set both to be an App"),
        ({"GITHUB_APP_PRIVATE_KEY": "x"}, "set both to be an App"),
        ({"GITHUB_TOKEN": "x", "GITHUB_APP_ID": "1", "GITHUB_APP_PRIVATE_KEY": "x"}, "set one"),
        ({"GITHUB_API_URL": "http://example.com"}, "must start with https://"),
        ({"DREAM_FORGE": "gitlab"}, "not one of github, local"),
    ],
)
def test_what_cannot_work_stops_the_start_with_one_line(variables: dict[str, str], said: str) -> None:
    _, last = ask(**variables)
    assert "BadSetting" in last
    assert said in last


def test_connect_makes_the_chosen_forge() -> None:
    assert isinstance(adapters.forge(), LocalForge)
    with override_settings(FORGE="github", GITHUB_TOKEN="x"):
        made = adapters.forge()
    assert isinstance(made, GitHubForge)
    made.close()
