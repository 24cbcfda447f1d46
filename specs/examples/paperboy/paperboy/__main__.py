"""The command line: python3 -m paperboy <command>."""

import sys

from paperboy import store, subscribers

USAGE = """usage: python3 -m paperboy add EMAIL NAME
       python3 -m paperboy list"""


def main(arguments, connection):
    """Run one command; returns what to print."""
    match arguments:
        case ["add", email, name]:
            subscribers.add(connection, email, name)
            return f"added {email}"
        case ["list"]:
            return "\n".join(f"{s.email}  {s.name}" for s in subscribers.everybody(connection) if s.active)
        case _:
            raise SystemExit(USAGE)


if __name__ == "__main__":
    print(main(sys.argv[1:], store.connect("paperboy.db")))
