"""Embedded Postgres and Valkey: shared by the users of a folder, found again after any death."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
import redis

from dreamsite.embedded import Servers, kept_secret, urls
from dreamsite.processes import Daemon, EmbeddedFailed
from dreamsite.servers import Postgres, socket_folder

ROOT = Path(__file__).resolve().parents[2]
USER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from dreamsite import unprivileged
from dreamsite.embedded import Servers
here = Servers(Path(sys.argv[2]))
ways = {"namespace": unprivileged.user_namespace, "other": unprivileged.other_user}
if sys.argv[3] in ways:
    here.postgres.wrap = ways[sys.argv[3]]()
print(here.start(), here.postgres.process.pid, here.valkey.process.pid, flush=True)
sys.stdin.read()
"""
StartUser = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name that any user may reach, emptied of servers at the end."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o777)
        yield Path(name) / "var"
        left = Servers(Path(name) / "var")
        left.valkey.stop()
        left.postgres.stop()


@pytest.fixture
def start_user(folder: Path) -> Iterator[StartUser]:
    """Start processes that use the folder until their stdin is closed."""
    with ExitStack() as stack:

        def start(*words: str, wrap: str = "any") -> subprocess.Popen[str]:
            command = [*words, sys.executable, "-c", USER, str(ROOT), str(folder), wrap]
            user = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            stack.enter_context(user)
            return user

        yield start


def said(user: subprocess.Popen[str]) -> str:
    """Where the servers listen and their pids, once they answer."""
    assert user.stdout is not None
    line = user.stdout.readline()
    assert line, "the user of the servers ended"
    return line


def leave(user: subprocess.Popen[str]) -> None:
    """Let a user end in its own time."""
    user.communicate(timeout=30)
    assert user.returncode == 0


def run(folder: Path) -> bool:
    """Whether any server of the folder runs."""
    servers = Servers(folder)
    return servers.postgres.process.alive() or servers.valkey.process.alive()


def keep_a_mark(servers: Servers) -> None:
    """Leave something in both servers."""
    with psycopg.connect(servers.urls.database) as connection:
        connection.execute("CREATE TABLE mark AS SELECT 7 AS seven")
    with redis.Redis.from_url(servers.urls.redis) as client:
        client.set("mark", "7")


def marks(servers: Servers) -> tuple[object, object]:
    """What was left in both."""
    with psycopg.connect(servers.urls.database) as connection:
        row = connection.execute("SELECT seven FROM mark").fetchone()
    with redis.Redis.from_url(servers.urls.redis) as client:
        return row, client.get("mark")


def test_two_users_share_the_servers_and_the_last_one_stops_them(folder: Path, start_user: StartUser) -> None:
    first, second = start_user(), start_user()
    assert said(first) == said(second)
    leave(first)
    assert run(folder)
    leave(second)
    assert not run(folder)


@pytest.mark.campaign
def test_a_killed_user_leaves_the_servers_to_the_next_one(folder: Path, start_user: StartUser) -> None:
    first = start_user()
    before = said(first)
    first.kill()
    first.wait()
    second = start_user()
    assert said(second) == before
    leave(second)
    assert not run(folder)


@pytest.mark.campaign
def test_killed_servers_come_back_with_their_data_under_the_same_urls(folder: Path) -> None:
    servers = Servers(folder)
    started = servers.start()
    keep_a_mark(servers)
    os.kill(servers.postgres.process.pid, signal.SIGKILL)
    os.kill(servers.valkey.process.pid, signal.SIGKILL)
    assert servers.start() == started == urls(folder)
    assert marks(servers) == ((7,), b"7")
    servers.release(os.getpid())
    assert not run(folder)


def test_a_fork_that_ends_stops_nothing(folder: Path) -> None:
    servers = Servers(folder)
    servers.start()
    servers.release(os.getpid() + 1)
    assert run(folder)
    servers.release(os.getpid())
    assert not run(folder)


def test_a_start_that_was_cut_off_is_made_again(folder: Path) -> None:
    half = folder / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    servers = Servers(folder)
    servers.start()
    assert servers.postgres.answers()
    servers.release(os.getpid())


def test_files_left_by_a_crash_of_the_machine_do_not_stop_a_start(folder: Path) -> None:
    servers = Servers(folder)
    servers.start()
    servers.release(os.getpid())
    (folder / "postgres" / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    (folder / "postgres" / "run" / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    servers.start()
    assert servers.postgres.answers()
    servers.release(os.getpid())


def test_a_deep_folder_has_its_socket_elsewhere(folder: Path) -> None:
    postgres = Postgres(folder / ("deep-" * 20) / "postgres")
    postgres.start()
    assert postgres.answers()
    assert socket_folder(postgres.folder).parent == Path("/tmp")
    postgres.stop()
    socket_folder(postgres.folder).rmdir()


def test_a_server_that_cannot_start_says_where_to_look(folder: Path) -> None:
    postgres = Postgres(folder, options=("-c", "shared_buffers=nonsense"))
    with pytest.raises(EmbeddedFailed, match=f"Postgres ended at its start; see {folder}/server.log"):
        postgres.start()


VARIANTS = (
    [("plain", "any"), ("root", "namespace"), ("root", "other")] if os.geteuid() == 0 else [("plain", "any")]
)


@pytest.mark.parametrize(("who", "wrap"), VARIANTS)
@pytest.mark.sampled(2)
def test_postgres_starts_for_root_in_both_ways_and_for_a_plain_user(
    who: str, wrap: str, folder: Path, start_user: StartUser, request: pytest.FixtureRequest
) -> None:
    words = request.getfixturevalue("plain_user" if who == "plain" else "open_view")
    user = start_user(*words, wrap=wrap)
    assert "Urls(database='postgresql://" in said(user)
    assert stat.S_IMODE(folder.stat().st_mode) & 0o007 == 0, "others may not enter"
    leave(user)
    assert not run(folder)


def test_a_pid_that_is_no_longer_a_servers_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen(["sleep", "60"])
    (tmp_path / "server.lock").write_text(f"{stranger.pid}\n")
    daemon = Daemon(tmp_path / "server.lock")
    assert daemon.pid == 0
    daemon.stop(signal.SIGTERM)
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_server_that_will_not_stop_is_made_to(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path / "server.lock")
    daemon.launch(["sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"], tmp_path / "log")
    while "up" not in (tmp_path / "log").read_text():
        pass
    daemon.stop(signal.SIGTERM, seconds=0.2)
    assert not daemon.alive()


def test_a_secret_is_made_once_private_and_whole(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: kept_secret(tmp_path / "var", "key"), range(8)))
    assert len(made) == 1
    assert len(made.pop()) >= 64
    assert stat.S_IMODE((tmp_path / "var" / "key").stat().st_mode) == 0o600
