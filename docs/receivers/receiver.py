"""A receiver of callbacks: pip install standardwebhooks, CALLBACK_SECRET=whsec_… python receiver.py."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

LARGEST = 64 * 1024
webhook = Webhook(os.environ["CALLBACK_SECRET"])
seen: set[str] = set()  # a real one keeps these beside its own rows, for a week


class Receiver(BaseHTTPRequestHandler):
    """Verify, pass over what is known, answer at once; work on it afterwards."""

    timeout = 10

    def do_POST(self) -> None:
        """The signature is over the bytes as they came: parse only what verify gives back."""
        size = int(self.headers.get("Content-Length") or 0)
        if size > LARGEST:
            return self.answer(413)
        body = self.rfile.read(size)
        try:
            told = webhook.verify(body, dict(self.headers))
        except WebhookVerificationError as error:
            return self.answer(400, str(error))
        name = self.headers["webhook-id"]
        if name not in seen:
            seen.add(name)
            print(f"{told['sequence']} {told['jobId']} {told['status']}", flush=True)
        return self.answer(204)

    def answer(self, status: int, why: str = "") -> None:
        """2xx says that it is yours now; anything else is tried again, 410 never."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(why)))
        self.end_headers()
        self.wfile.write(why.encode())

    def log_message(self, *_: object) -> None:
        """Only callbacks are printed."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8787"))), Receiver)
    print(f"listening on {server.server_port}", flush=True)
    server.serve_forever()
