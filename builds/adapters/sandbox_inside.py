"""Runs inside the sandbox, beside the command: a way out to our proxy, and a folder that comes back."""

import os
import shutil
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread

CHUNK = 1 << 16


def relay(proxy: str) -> int:
    """Listen on loopback and hand every connection on to the proxy's socket; returns the port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    Thread(target=accept, args=(listener, proxy), daemon=True).start()
    port: int = listener.getsockname()[1]
    return port


def accept(listener: socket.socket, proxy: str) -> None:
    """Until the sandbox ends."""
    while True:
        client, _ = listener.accept()
        outward = socket.socket(socket.AF_UNIX)
        try:
            outward.connect(proxy)
        except OSError:
            client.close()
            outward.close()
            continue
        for source, target in ((client, outward), (outward, client)):
            Thread(target=pump, args=(source, target), daemon=True).start()


def pump(source: socket.socket, target: socket.socket) -> None:
    """One direction of a connection; the end of it is handed on too."""
    with suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def send_back(place: str, descriptor: int) -> None:
    """The folder or file as a tar stream, where the command made one."""
    path, tar = Path(place), shutil.which("tar")
    if tar and path.exists():
        start = [str(path), "."] if path.is_dir() else [str(path.parent), f"./{path.name}"]
        subprocess.run([tar, "-cf", "-", "-C", *start], stdout=descriptor, check=False)


def main(proxy: str, place: str, descriptor: str, *command: str) -> int:
    """Run the command to its end; what it left running goes on until the sandbox ends, which is at once."""
    environment = dict(os.environ)  # noqa: TID251  it is the sandbox's own, made by us
    if proxy:
        address = f"http://127.0.0.1:{relay(proxy)}"
        environment |= dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), address)
    try:
        code = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode
    except OSError as error:
        sys.stdout.write(f"{command[0]}: {error.strerror}\n")
        code = 127 if isinstance(error, FileNotFoundError) else 126
    if place:
        send_back(place, int(descriptor))
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
