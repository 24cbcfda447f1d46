"""The receiver of callbacks: keeps what it was told, checks each signature, and is down when told to be."""

import json
import time
from typing import ClassVar

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.chaos.listening import Quiet
from tests.chaos.run import Runs, Told


class Receiver(Quiet):
    """POST /<number of the run>."""

    runs: ClassVar[Runs]
    secret: ClassVar[str]
    down_until: ClassVar[dict[int, float]]

    def do_POST(self) -> None:  # noqa: N802  the base class names it
        """One callback."""
        number = int(self.path.strip("/"))
        body = self.body()
        if time.monotonic() < self.down_until.get(number, 0):
            return self.drop()
        said = json.loads(body)
        try:
            Webhook(self.secret).verify(body, dict(self.headers.items()))
            signed = True
        except WebhookVerificationError:
            signed = False
        run = self.runs[number]
        with run.lock:
            run.told.append(Told(said["sequence"], said["status"], self.headers["webhook-id"], signed))
        return self.say(204, b"")


def receiver(runs: Runs, secret: str) -> type[Receiver]:
    """A receiver for these runs."""
    return type("TheReceiver", (Receiver,), {"runs": runs, "secret": secret, "down_until": {}})
