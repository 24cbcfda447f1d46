"""`manage.py web`: the API and the admin, under uvicorn."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from dreamsite.serving import serve


class Command(BaseCommand):
    """Serve HTTP until SIGTERM."""

    help = "Serve the API and the admin over HTTP (ASGI)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen."""
        parser.add_argument("--host", default="127.0.0.1", help="Address to listen on.")
        parser.add_argument("--port", type=int, default=8000, help="Port to listen on.")

    def handle(self, *_: Any, host: str, port: int, **__: Any) -> None:
        """One process; run more behind a proxy to scale."""
        serve(
            "dreamsite.asgi:application",
            host=host,
            port=port,
            log_config=None,  # its loggers speak through ours (dreamsite/logs.py)
            access_log=False,
            server_header=False,
        )
