"""The twin on a socket of loopback."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from requests.structures import CaseInsensitiveDict

from tests.github.twin import Request, Twin


class Handler(BaseHTTPRequestHandler):
    """One connection; requests come one after the other."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # one write for an answer: two would wait for each other
    disable_nagle_algorithm = True
    twin: Twin

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(30)

    def handle(self) -> None:
        with suppress(ConnectionError):  # a client that is killed is no fault of ours
            super().handle()

    def respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding", "") == "chunked":
            body = b"".join(iter(self.chunk, b""))
        answer = self.twin.answer(
            Request(
                self.command,
                self.path,
                CaseInsensitiveDict(self.headers.items()),
                body,
                port=self.client_address[1],
            )
        )
        if answer.lost:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        content = answer.content
        if content is None:
            content = b"" if answer.data is None else json.dumps(answer.data).encode()
        self.send_response_only(answer.status)
        always = {"Content-Type": "application/json", "Date": self.date_time_string()}
        for name, value in {**always, **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = respond  # noqa: N815  the base class names them

    def chunk(self) -> bytes:
        size = int(self.rfile.readline(), 16)
        data = self.rfile.read(size)
        self.rfile.readline()
        return data

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  the base class names it
        """Nothing: the twin has a journal."""


@contextmanager
def serving(twin: Twin) -> Iterator[Twin]:
    """The twin at an address of its own, until the block ends."""
    handler = type("TwinHandler", (Handler,), {"twin": twin})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        twin.origin = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield twin
        server.shutdown()
        thread.join()
