"""The world of the tests: a clean environment, a Postgres and a Valkey of their own, and command runs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from uuid import uuid4
from zlib import crc32

import django
import pytest
import redis
from django.db import connection

from dreamsite import servers
from dreamsite.embedded import Servers
from dreamsite.processes import lock_shared

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "dream-tests-"
OURS = (
    "DREAM_",
    "DATABASE_URL",
    "REDIS_URL",
    "STORIA_",
    "OPENAI_",
    "GITHUB_",
    "EMAIL_",
    "SENTRY_",
    "SLACK_",
    "OTEL_",
)
FAST = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
ONLY_WITH_ALL = ("browser", "campaign")

if "DJANGO_SETTINGS_MODULE" in os.environ:
    raise pytest.UsageError(
        "unset DJANGO_SETTINGS_MODULE: settings must not be read before the tests' own are set"
    )
for name in [name for name in os.environ if name.startswith(OURS)]:
    del os.environ[name]

WORLD = Path("/tmp") / f"{PREFIX}{uuid4().hex[:12]}"
SERVERS = Servers(WORLD / "var", postgres_options=FAST)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The switches of `manage.py test`."""
    parser.addoption("--all", action="store_true", help="also run what needs a browser or takes minutes")
    parser.addoption("--no-skips", action="store_true", help="a skipped test fails the run, as in .ci/run")
    parser.addoption("--write-answers", action="store_true", help="write the answers in docs/api.md anew")


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers, then name them to the settings, which are read right after."""
    if not hasattr(config, "workerinput"):
        sweep_leftovers()
    if config.getoption("numprocesses", None):
        return  # this process only deals the tests out: each that takes them has servers of its own
    WORLD.mkdir(mode=0o700)
    started = SERVERS.start()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "dreamsite.settings",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "true",  # playwright keeps a loop running in the thread of the test
        "DREAM_NO_BOOTSTRAP": "1",
        "DREAM_VAR": str(SERVERS.folder),
        "DATABASE_URL": started.database,
        "REDIS_URL": started.redis,
        "DREAM_API_RATE": "0",  # the tests of the limits set their own
        "DREAM_AUTH_FAILURE_RATE": "0",
        "STORIA_MOLTWORKER_SECRET": "a secret of the tests, long enough for HS256",
        "DREAM_CALLBACK_SECRET": "whsec_dGhlIHNlY3JldCBvZiBhbGwgdGhlIHRlc3RzIGhlcmU=",
    }
    (SERVERS.folder / "static").mkdir()  # whitenoise warns about one that is not there
    django.setup()
    config.pluginmanager.import_plugin("tests.package_index")
    config.pluginmanager.import_plugin("tests.clock")
    config.pluginmanager.import_plugin("tests.world")  # its fixtures need models, so not before now


def pytest_unconfigure() -> None:
    """Stop what was started, by its pid, and leave nothing behind."""
    SERVERS.release(os.getpid())
    shutil.rmtree(WORLD, ignore_errors=True)


def sweep_leftovers() -> None:
    """Stop the servers of test runs that were killed."""
    for folder in WORLD.parent.glob(f"{PREFIX}*"):
        users = folder / "var" / "users.lock"
        if folder.stat().st_uid == os.geteuid() and users.exists():
            left = Servers(folder / "var", users=lock_shared(users))
            left.release(os.getpid())
            if not left.postgres.process.alive():
                shutil.rmtree(folder, ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs a browser or takes minutes, and most of large tables, unless all was asked for.

    With all, what takes minutes comes first: begun last, it would keep one process busy while others wait.
    """
    if config.getoption("--all"):
        slow = {item.path for item in items if is_for_all(item)}
        items.sort(key=lambda item: item.path not in slow)
        return
    seed = str(config.getoption("randomly_seed", ""))
    whole = {Path(name).resolve() for name in config.args} == {config.rootpath / "tests"}
    left_out = {item for item in items if is_for_all(item) or (whole and not is_in_sample(item, seed))}
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


def is_for_all(item: pytest.Item) -> bool:
    """Whether it runs with `--all` only."""
    return any(item.get_closest_marker(name) for name in ONLY_WITH_ALL)


def is_in_sample(item: pytest.Item, seed: str) -> bool:
    """Of a table that is `sampled(n)`, a run of everything takes about one row of n, by the seed."""
    marker = item.get_closest_marker("sampled")
    return marker is None or crc32(f"{seed} {item.nodeid}".encode()) % marker.args[0] == 0


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With --no-skips, a test that was not run is a test that failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--no-skips") and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line(
            f"{len(reporter.stats['skipped'])} skipped: not allowed with --no-skips", red=True
        )
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The database goes with its server. To drop it first fails while a process that ends is connected."""
    return True


class RunManage(Protocol):
    """`manage.py` in a process of its own; output is text."""

    def __call__(
        self, *arguments: str, env: dict[str, str] | None = None, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture
def child_environment(transactional_db: None) -> dict[str, str]:
    """The environment in which a child process sees the rows of this test."""
    database = SERVERS.urls.database.removesuffix(servers.DATABASE) + str(connection.settings_dict["NAME"])
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return {**inherited, "DATABASE_URL": database}


@pytest.fixture
def run_manage(child_environment: dict[str, str]) -> RunManage:
    """Run a command against the database and the Redis of this test."""

    def run(
        *arguments: str, env: dict[str, str] | None = None, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env={**child_environment, **(env or {})},
            timeout=timeout,
            check=False,
            capture_output=True,
            text=True,
        )

    return run


@pytest.fixture
def redis_client() -> Iterator[redis.Redis]:
    """The tests' Valkey, empty before and after."""
    with redis.Redis.from_url(SERVERS.urls.redis) as client:
        client.flushdb()
        yield client
        client.flushdb()


@pytest.fixture
def free_port() -> int:
    """A loopback port that nobody listens on now."""
    return servers.free_port()


OPEN_VIEW = """
set -e
keep=$1 closed=$2; shift 2
mount -t tmpfs none "$keep"
for place in $OPEN; do mkdir -p "$keep$place"; mount --rbind "$place" "$keep$place"; done
for folder in $closed; do mount -t tmpfs -o mode=755 none "$folder"; done
for place in $OPEN; do mkdir -p "$place"; mount --rbind "$keep$place" "$place"; done
exec "$@"
"""


@pytest.fixture(scope="session")
def open_view(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Words before a command of root's, so that other users' programs find our interpreter and this checkout.

    Both may lie in a private folder such as /root; only inside the command it looks like an open one.
    """
    needed = sorted({str(Path(sys.base_prefix).resolve()), str(ROOT), str(Path(sys.prefix).resolve())})
    parents = {parent for place in needed for parent in Path(place).parents}
    closed = sorted(str(parent) for parent in parents if not parent.stat().st_mode & 0o001)
    if not closed:
        return ()
    keep = str(tmp_path_factory.mktemp("keep"))
    places = f"OPEN={' '.join(needed)}"
    outermost = [path for path in closed if not any(path.startswith(f"{other}/") for other in closed)]
    mount = ["unshare", "--mount", "--propagation", "private", "--", "env"]
    return (*mount, places, "sh", "-c", OPEN_VIEW, "sh", keep, " ".join(outermost))


@pytest.fixture(scope="session")
def plain_user(open_view: tuple[str, ...]) -> tuple[str, ...]:
    """Words before a command, so that it runs as a user without rights; none when the tests run as one."""
    if os.geteuid() != 0:
        return ()
    ids = ("--reuid=60123", "--regid=60123", "--clear-groups", "--inh-caps=-all")
    return (*open_view, "setpriv", *ids, "--")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium to drive."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium here: apt-get install -y --no-install-recommends chromium")
    return found
