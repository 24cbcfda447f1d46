"""compose.yaml: a sound file by the schema of Compose, with what each service needs and no more."""

import json
import re
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for

ROOT = Path(settings.ROOT)
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("migrate", "web", "worker", "scheduler")


@pytest.fixture(scope="module")
def schema() -> Validator:
    """The schema of Compose itself, as check-jsonschema brings it."""
    file = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    text = json.loads(file.read_text(encoding="utf-8"))
    made: Validator = validator_for(text)(text)
    return made


def test_the_file_is_what_compose_reads(schema: Validator) -> None:
    schema.validate(COMPOSE)


def test_the_schema_would_notice(schema: Validator) -> None:
    wrong = {**COMPOSE, "services": {**SERVICES, "web": {**SERVICES["web"], "commands": ["web"]}}}
    with pytest.raises(ValidationError, match="commands"):
        schema.validate(wrong)


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_a_service_that_stays_is_restarted_and_asked_how_it_is(name: str) -> None:
    assert SERVICES[name]["restart"] == "unless-stopped"
    assert SERVICES[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


@pytest.mark.parametrize("name", OURS)
def test_ours_run_without_rights_on_a_disk_that_is_read_only(name: str) -> None:
    service = SERVICES[name]
    assert service["user"] == "10001:10001"
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert "no-new-privileges:true" in service["security_opt"]
    assert {volume.partition(":")[2] for volume in service["volumes"]} == {"/var/lib/dream", "/tmp"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_nothing_runs_as_root(name: str) -> None:
    assert SERVICES[name]["user"].partition(":")[0] not in {"", "0", "root"}


def test_only_the_worker_has_what_bubblewrap_needs() -> None:
    needed = {"apparmor:unconfined", "systempaths=unconfined", "seccomp:deploy/compose/worker-seccomp.json"}
    with_it = {name for name in SERVICES if needed & set(SERVICES[name].get("security_opt", ()))}
    assert with_it == {"worker"}
    assert needed < set(SERVICES["worker"]["security_opt"])
    (rule,) = json.loads((ROOT / "deploy/compose/worker-seccomp.json").read_text())["syscalls"]
    assert not {"clone", "clone3", "unshare", "setns", "mount", "umount2", "pivot_root"} & set(rule["names"])
    assert {"bpf", "keyctl", "io_uring_setup", "userfaultfd", "ptrace"} < set(rule["names"])


def test_secrets_are_files_and_never_variables() -> None:
    listed = set(COMPOSE["secrets"])
    for name, service in SERVICES.items():
        given = service.get("environment", {})
        secret = {key: value for key, value in given.items() if re.search("KEY|SECRET|TOKEN|PASS|URL", key)}
        assert all(key.endswith("_FILE") for key in secret), name
        assert {value.removeprefix("/run/secrets/") for value in secret.values()} <= set(service["secrets"])
        assert set(service.get("secrets", ())) <= listed


def test_postgres_and_redis_are_reached_from_inside_only() -> None:
    assert COMPOSE["networks"]["inside"]["internal"]
    for name in ("postgres", "redis"):
        assert SERVICES[name]["networks"] == ["inside"]
        assert "ports" not in SERVICES[name]
    assert SERVICES["web"]["ports"] == ["127.0.0.1:8000:8000"]


def test_what_the_worker_may_take_to_stop_fits_into_its_grace() -> None:
    assert SERVICES["worker"]["stop_grace_period"] == "30s"


def test_the_secrets_are_made_once_and_fit_each_other(tmp_path: Path) -> None:
    script = ROOT / "deploy" / "compose" / "make-secrets"

    def make() -> dict[str, str]:
        subprocess.run(["sh", str(script)], cwd=tmp_path, check=True, capture_output=True)
        return {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}

    made = make()
    assert make() == made
    assert set(made) == set(COMPOSE["secrets"])
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    assert made["database-url"] == f"postgresql://dream:{made['database-password']}@postgres:5432/dream"
    assert f"requirepass {made['redis-url'].split(':')[2].partition('@')[0]}\n" in made["valkey-conf"]
    assert made["openai-key"] == ""
    assert len({value for value in made.values() if value}) == 7


def test_the_image_holds_what_runs_and_installs_from_the_lock_alone() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "FROM python:3.11-slim" in text
    assert "--require-hashes --requirement requirements.txt" in text
    assert "bubblewrap git" in text
    assert "USER 10001:10001" in text
    copied = {name for line in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE) for name in line.split()}
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] == "!"}
    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)
