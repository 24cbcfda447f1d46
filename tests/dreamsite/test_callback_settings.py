"""Secrets of callbacks: refused with one line where they are missing, weak, or those of the other door."""

import base64
import tempfile
from pathlib import Path

import pytest

from dreamsite.embedded import kept_secret, signing_secret
from tests.conftest import RunManage

SOUND = "whsec_" + "YWJj" * 8
SHORT = "whsec_" + "YWJj" * 7
PRINT = (
    "from django.conf import settings as s; print(s.CALLBACK_SECRETS, s.CALLBACK_HOSTS, s.CALLBACK_BEARER)"
)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DREAM_CALLBACK_SECRET": ""}, "DREAM_CALLBACK_SECRET: is missing, and callbacks are signed"),
        (
            {"DREAM_CALLBACK_SECRET": "word"},
            "DREAM_CALLBACK_SECRET: each secret is whsec_ and 24 to 64 bytes",
        ),
        ({"DREAM_CALLBACK_SECRET": SHORT}, "DREAM_CALLBACK_SECRET: each secret is whsec_ and 24 to 64 bytes"),
        ({"DREAM_CALLBACK_SECRET": ",".join([SOUND] * 3)}, "DREAM_CALLBACK_SECRET: holds more than two"),
        (
            {"DREAM_CALLBACK_HOSTS": "https://a.example"},
            "DREAM_CALLBACK_HOSTS: 'https://a.example' is no bare",
        ),
        (
            {"DREAM_CALLBACK_BEARER": "word"},
            "DREAM_CALLBACK_BEARER: is sent to hosts of DREAM_CALLBACK_HOSTS",
        ),
        (
            {"DREAM_CALLBACK_BEARER": "inbound", "STORIA_MOLTWORKER_SECRET": "k1:inbound,other"},
            "DREAM_CALLBACK_BEARER: is a secret of STORIA_MOLTWORKER_SECRET",
        ),
        (
            {"DREAM_CALLBACK_BEARER": "k1:inbound", "STORIA_MOLTWORKER_SECRET": "k1:inbound"},
            "DREAM_CALLBACK_BEARER: is a secret of STORIA_MOLTWORKER_SECRET",
        ),
        (
            {"DREAM_CALLBACK_BEARER": "two words", "DREAM_CALLBACK_HOSTS": "a.example"},
            "DREAM_CALLBACK_BEARER: must be printable ASCII",
        ),
    ],
)
@pytest.mark.sampled(3)
def test_a_setting_that_cannot_be_meant_stops_the_start(
    variables: dict[str, str], sentence: str, run_manage: RunManage
) -> None:
    ended = run_manage("check", env=variables)
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1)
    assert ended.stderr.startswith(f"manage.py: {sentence}")


def test_two_secrets_hosts_and_a_bearer_are_taken(run_manage: RunManage) -> None:
    variables = {
        "DREAM_CALLBACK_SECRET": f"{SOUND}, {SOUND[6:]}",
        "DREAM_CALLBACK_HOSTS": "Storia.example.,b.example",
        "DREAM_CALLBACK_BEARER": "old-word",
    }
    said = run_manage("shell", "--no-imports", "-c", PRINT, env=variables).stdout.strip()
    assert said == f"('{SOUND}', '{SOUND[6:]}') ('storia.example', 'b.example') old-word"


def test_an_embedded_installation_makes_a_secret_of_its_own_and_keeps_it() -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = kept_secret(Path(folder) / "var", "callback-secret", signing_secret)
        assert kept_secret(Path(folder) / "var", "callback-secret", signing_secret) == made
        assert (Path(folder) / "var" / "callback-secret").stat().st_mode & 0o777 == 0o600
    assert len(base64.b64decode(made.removeprefix("whsec_"), validate=True)) == 32
