"""The secrets that callbacks are signed with, and the word that old receivers want beside the signature."""

import base64
from collections.abc import Sequence

from dreamsite.env import BadSetting, Environment

MAKE_ONE = 'make one with: echo "whsec_$(openssl rand -base64 32)"'


def signing_secrets(env: Environment, name: str) -> tuple[str, ...]:
    """Secrets of Standard Webhooks: one, or the new and the old one while receivers change over."""
    found = env.words(name)
    if len(found) > 2:
        raise BadSetting(name, "holds more than two secrets; two are enough to change over")
    for secret in found:
        try:
            size = len(base64.b64decode(secret.removeprefix("whsec_"), validate=True))
        except ValueError:
            size = 0
        if not 24 <= size <= 64:
            raise BadSetting(name, f"each secret is whsec_ and 24 to 64 bytes in base64; {MAKE_ONE}")
    return found


def outbound_bearer(env: Environment, name: str, *, inbound: Sequence[str], hosts: Sequence[str]) -> str:
    """What receivers of the old system are told besides the signature; never a secret of the inbound door."""
    found = env.text(name)
    if found and found in {part for entry in inbound for part in (entry, entry.partition(":")[2])}:
        raise BadSetting(name, "is a secret of STORIA_MOLTWORKER_SECRET, which is never sent; choose another")
    if not found.isascii() or not found.isprintable() or " " in found:
        raise BadSetting(name, "must be printable ASCII without spaces")
    if found and not hosts:
        raise BadSetting(name, "is sent to hosts of DREAM_CALLBACK_HOSTS only; name at least one")
    return found
