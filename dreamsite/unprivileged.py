"""Ways to run Postgres, which refuses root and whose initdb wants a user with a name."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from dreamsite.processes import EmbeddedFailed

SPARE = 60124  # any id nobody else has; used only where user namespaces are refused


def named_uid() -> int:
    """A uid other than root's that this machine knows by name."""
    known = {entry.pw_name: entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid}
    return known.get("nobody") or next(iter(known.values()), 65534)


def has_name(uid: int) -> bool:
    """Whether the machine knows a uid by name; in a container it often does not."""
    return any(entry.pw_uid == uid for entry in pwd.getpwall())


def user_namespace() -> list[str]:
    """Words that show a command a named uid while its files stay ours; empty where that is refused."""
    uid = named_uid()
    wrap = ["unshare", "--user", f"--map-user={uid}", f"--map-group={uid}", "--"]
    if not shutil.which("unshare"):
        return []
    tried = subprocess.run([*wrap, "true"], check=False, capture_output=True)
    return wrap if tried.returncode == 0 else []


def other_user(uid: int = SPARE) -> list[str]:
    """Words that drop root to another uid and the spare gid; empty where that is not to be had."""
    ids = [f"--reuid={uid}", f"--regid={SPARE}", "--clear-groups"]
    return ["setpriv", *ids, "--"] if shutil.which("setpriv") else []


def is_other_user(wrap: list[str]) -> bool:
    """Whether these words drop to another uid, which must then own the data."""
    return wrap[:1] == ["setpriv"]


def for_server() -> list[str]:
    """The words before `postgres`: none for a plain user.

    With a user namespace no account is made and no folder is opened to others. Where the machine refuses
    that to root, the data belong to the spare uid.
    """
    if os.geteuid() != 0:
        return []
    wrap = user_namespace() or other_user()
    if not wrap:
        raise EmbeddedFailed("Postgres refuses to run as root here; set DATABASE_URL, or run as a plain user")
    return wrap


def for_initdb(server: list[str]) -> list[str]:
    """The words before `initdb`, which unlike the server wants its uid to have a name."""
    if is_other_user(server):
        return other_user(named_uid())
    if server or has_name(os.geteuid()):
        return server
    return user_namespace()


def private_folder(path: Path, owner: int | None = None) -> None:
    """Make a folder that only we, or the owner given, may enter. Raises EmbeddedFailed on somebody else's."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid not in {os.geteuid(), SPARE}:
        raise EmbeddedFailed(f"{path} belongs to somebody else; remove it")
    if owner is not None:
        os.chown(path, owner, SPARE)


def give_away(folder: Path) -> None:
    """Give a folder with all it holds to the spare uid."""
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, SPARE, SPARE, follow_symlinks=False)


def let_pass(folder: Path) -> None:
    """Let the spare gid, and nobody else, walk through a private folder of root's."""
    for each in (folder, folder.parent):
        if not each.stat().st_mode & 0o001:
            os.chown(each, -1, SPARE)
            each.chmod(each.stat().st_mode | 0o010)
