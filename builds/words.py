"""Counting things in sentences."""


def counted(number: int, thing: str) -> str:
    """`1 work item`, `2 work items`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
