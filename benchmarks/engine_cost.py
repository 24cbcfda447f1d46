"""Prints what the engine adds to the work itself, as ratios to stock RQ that does nothing, in the same run.

    .venv/bin/python -m benchmarks.engine_cost [--quick]

A Postgres and a Valkey of its own, real worker processes, real git; models answer from a script. The
yardstick runs in turn with what it measures: RQ's own worker on a queue of its own, with a function that
returns at once.
"""

import argparse
import sys

from benchmarks.home import inside

FIGURES = ("start", "job", "throughput", "items")


def main() -> int:
    """The exit code."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    add = parser.add_argument
    add("--quick", action="store_true", help="A tenth of the samples and of the latency.")
    add("--doorbells", type=int, default=100, help="Samples of doorbell to start.")
    add("--jobs", type=int, default=20, help="Jobs worked one by one, and for each row of jobs a minute.")
    add("--model-seconds", type=float, default=3.0, help="Latency of each call of the 8-item plan.")
    add("--workers", type=int, nargs="+", default=[1, 2, 4], help="Rows of jobs a minute.")
    add("--figures", nargs="+", choices=FIGURES, default=FIGURES, help="Which of them; all by default.")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.doorbells, arguments.jobs, arguments.model_seconds = 10, 4, 0.3
    return inside("benchmarks.costing", arguments)


if __name__ == "__main__":
    sys.exit(main())
