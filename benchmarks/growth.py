"""Prints how much slower daily operations get as the tables grow, and how Postgres finds their rows.

    .venv/bin/python -m benchmarks.growth --jobs 10000 100000 1000000

One database of its own for each size, all on one Postgres, filled in bulk: ten events, seven stations, a call
and a reservation for each job. Every operation runs in turn on each size, round after round; printed are
medians and their ratio to the first size. Ends with 1 when a plan reads the whole table of jobs or events.
"""

import argparse
import sys

from benchmarks.home import inside

POSTGRES = (
    "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off",
    "-c", "wal_level=minimal", "-c", "max_wal_senders=0", "-c", "max_wal_size=16GB",
    "-c", "shared_buffers=1GB",
)  # fmt: skip


def main() -> int:
    """The exit code."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    add = parser.add_argument
    add("--jobs", type=int, nargs="+", default=[10_000, 100_000], help="Sizes, the smallest first.")
    add("--rounds", type=int, default=7, help="Turns of each size.")
    add("--repeats", type=int, default=5, help="Runs of each operation in a turn.")
    add("--plans", action="store_true", help="Print every statement with its plan.")
    return inside("benchmarks.growing", parser.parse_args(), postgres=POSTGRES)


if __name__ == "__main__":
    sys.exit(main())
