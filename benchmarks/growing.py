"""The measuring of `benchmarks.growth`, on a Django that is set up."""

import time
from argparse import Namespace
from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from django.db import connection

from benchmarks.filling import fill, run
from benchmarks.home import Home, machine
from benchmarks.looks import Look, looks, people
from benchmarks.plans import Statement, explained

GOAL = 2.0
Times = dict[tuple[str, int], list[float]]


def measure(home: Home, arguments: Namespace) -> int:
    """Fill, time, explain; 1 when a large table is read from end to end."""
    sizes = sorted(set(arguments.jobs))
    print(machine())
    people()
    empty = str(connection.settings_dict["NAME"])
    names = {size: f"{empty}_{size}" for size in sizes}
    for size, name in names.items():
        began = time.monotonic()
        use(empty)
        make(empty, name)
        fill(size)
        print(f"{size:>9,} jobs filled in {time.monotonic() - began:.0f} s", flush=True)
    times: Times = defaultdict(list)
    for number in range(arguments.rounds + 1):
        for size, name in names.items():
            use(name)
            turn(size, looks(), arguments.repeats if number else 1, times if number else defaultdict(list))
    table(times, sizes)
    use(names[sizes[-1]])
    return plans(looks(), all_of_them=arguments.plans)


def use(name: str) -> None:
    """Turn to another database, with a connection that is open before anything is timed."""
    connection.close()
    connection.settings_dict["NAME"] = name
    connection.ensure_connection()


def make(empty: str, name: str) -> None:
    """A database with the same tables and nothing in them."""
    use("postgres")
    run(f'CREATE DATABASE "{name}" TEMPLATE "{empty}"')
    use(name)


def turn(size: int, operations: Sequence[Look], repeats: int, times: Times) -> None:
    """Each operation a few times."""
    for look in operations:
        for _ in range(repeats):
            began = time.perf_counter()
            result = look.run()
            times[look.name, size].append(time.perf_counter() - began)
            look.undo(result)


def table(times: Times, sizes: Sequence[int]) -> None:
    """A line for each operation: milliseconds at each size, and how often the time of the first."""
    first, *larger = sizes
    print(f"\n{'median ms and × the first size':32}" + "".join(f"{size:>19,}" for size in sizes))
    for name in dict.fromkeys(name for name, _ in times):
        base = median(times[name, first])
        cells = [f"{base * 1000:12.2f}       "]
        for size in larger:
            found = median(times[name, size])
            mark = " " if found <= GOAL * base else "!"
            cells.append(f"{found * 1000:11.2f} {found / base:6.2f}{mark}")
        print(f"{name:32}{''.join(cells)}")
    print(f"Goal: at most {GOAL:g} × the first size; `!` is above it.")


def plans(operations: Sequence[Look], *, all_of_them: bool) -> int:
    """A line for each operation with how its rows are found; 1 when one reads a large table as a whole."""
    print("\nplans at the largest size")
    code = 0
    for look in operations:
        result, statements = explained(look.run)
        look.undo(result)
        found = {
            f"{node.kind} {node.index or node.table}"
            for each in statements
            for node in each.nodes
            if node.table
        }
        print(f"{look.name:32}{len(statements):3} statements; {', '.join(sorted(found))}")
        if all_of_them:
            show(statements)
        for each in statements:
            if each.reads_all_of:
                code = 1
                print(f"  READS ALL of {', '.join(each.reads_all_of)}: {each.sql[:1000]}")
    return code


def show(statements: Sequence[Statement]) -> None:
    """Each statement, and its steps."""
    for each in statements:
        print(f"  {each.sql[:2000]}")
        print("    " + " < ".join(f"{node.kind} {node.index or node.table}".strip() for node in each.nodes))
