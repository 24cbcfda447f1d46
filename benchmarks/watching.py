"""Prints what watchers of event streams cost, and whether each got every event once and in order.

    .venv/bin/python -m benchmarks.watching [--watchers 1000]

A Postgres and a Valkey of its own and one web process. All watch one job while events are written; in the
middle Valkey is killed and started again. `/healthz` is asked beside them, and before them as a yardstick.
"""

import argparse
import sys

from benchmarks.home import inside


def main() -> int:
    """The exit code: 1 when a watcher missed an event, or had one twice or too early."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("--watchers", type=int, default=1000, help="How many watch.")
    parser.add_argument("--events", type=int, default=100, help="How many events they are told.")
    return inside("benchmarks.watched", parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
