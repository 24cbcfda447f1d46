"""Prints what a posted order costs, as ratios to a bare authenticated insert at the same server.

    .venv/bin/python -m benchmarks.posting [--quick]

A Postgres and a Valkey of its own with their usual safety, one uvicorn process, clients that keep their
connections. The yardstick is a view of REST framework with the same authentication and the same body, which
inserts one row. Both are asked in turn, request by request and round by round.
"""

import argparse
import sys

from benchmarks.home import inside


def main() -> int:
    """The exit code."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    add = parser.add_argument
    add("--quick", action="store_true", help="A tenth of the requests.")
    add("--requests", type=int, default=500, help="Of each kind, one after the other.")
    add("--rounds", type=int, default=5, help="Rounds with many clients; the median counts.")
    add("--clients", type=int, default=8, help="Clients at once in a round.")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.requests, arguments.rounds = arguments.requests // 10, 2
    return inside("benchmarks.posted", arguments)


if __name__ == "__main__":
    sys.exit(main())
