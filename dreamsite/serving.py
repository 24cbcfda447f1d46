"""The ASGI server, which ends its event streams before it waits for its requests."""

import socket
import sys
from typing import Any

import uvicorn

from dreamsite.closing import CLOSING

GRACE_SECONDS = 10
"""For requests under way when it is asked to stop; less than its supervisor waits."""


class Server(uvicorn.Server):
    """Stock uvicorn waits for every connection, and a stream is one for a quarter of an hour."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell the streams, whose readers connect again elsewhere; then wait for the rest."""
        CLOSING.tell()
        await super().shutdown(sockets=sockets)


def serve(application: str, **settings: Any) -> None:
    """Until SIGTERM or SIGINT. Ends the process when the address cannot be had, as uvicorn.run does."""
    server = Server(uvicorn.Config(application, timeout_graceful_shutdown=GRACE_SECONDS, **settings))
    try:
        server.run()
    except KeyboardInterrupt:
        return
    if not server.started:
        sys.exit(3)
