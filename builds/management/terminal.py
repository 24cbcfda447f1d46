"""The screen of every command: colours and boxes on a terminal, plain lines anywhere else, text as it is."""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from rich import box
from rich.console import (
    Console,
    ConsoleOptions,
    ConsoleRenderable,
    Group,
    RenderableType,
    RenderHook,
    RenderResult,
)
from rich.markdown import Markdown
from rich.padding import Padding
from rich.panel import Panel
from rich.segment import Segment
from rich.table import Column, Table
from rich.text import Text

PLAIN_WIDTH = 10_000  # a line that somebody reads with grep is never wrapped
INVISIBLE = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\xad\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e"
    "\\u2060-\\u2069\\ufeff\\ufff9-\\ufffb\\U000e0000-\\U000e007f]"
)
"""Everything but tab and newline that takes no room, moves what is around it, or steers a terminal."""


def visible(text: str) -> str:
    """The text with each invisible character as ⟨U+202E⟩: specs and models write what is printed here."""
    return INVISIBLE.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)


class Visible:
    """Anything that can be printed, without what could steer the terminal."""

    def __init__(self, renderable: ConsoleRenderable) -> None:
        self.renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The same segments with visible text; the codes that rich adds come later and are no part of it."""
        yield from self.segments(console, options)

    def segments(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        """Control segments are rich's own: it moves the cursor for what goes on in the last line."""
        for segment in console.render(self.renderable, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


class PlainLines(Visible):
    """The same as lines without style, and without the spaces that only fill a box."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """One segment a line."""
        for line in Segment.split_lines(self.segments(console, options)):
            yield Segment("".join(segment.text for segment in line).rstrip())
            yield Segment.line()


class Wrap(RenderHook):
    """Stands in front of everything that a screen prints."""

    def __init__(self, wrapper: type[Visible]) -> None:
        self.wrapper = wrapper

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """Wrap each of them."""
        return [self.wrapper(renderable) for renderable in renderables]


class Screen(Console):
    """A rich console where square brackets are square brackets."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, highlight=False, emoji=False)
        if self.plain:
            self.width = PLAIN_WIDTH
        self.push_render_hook(Wrap(PlainLines if self.plain else Visible))

    @property
    def plain(self) -> bool:
        """Whether a program or a file reads it."""
        return not self.is_terminal

    def heading(self, title: str) -> None:
        """Begin a part."""
        if self.plain:
            self.print(f"\n== {title} ==")
        else:
            self.rule(Text(title, style="bold"))

    def box(self, title: str, *lines: RenderableType, style: str = "", below: str = "") -> None:
        """Something to be looked at as one."""
        if self.plain:
            after = [Text(below)] if below else []
            self.print(title, Padding(Group(*lines, *after), (0, 0, 0, 2), expand=False), sep="\n")
        else:
            subtitle = Text(below) if below else None
            self.print(Panel(Group(*lines), title=Text(title), subtitle=subtitle, border_style=style))

    def table(
        self, title: str, columns: Iterable[str | Column], rows: Iterable[Iterable[RenderableType]]
    ) -> None:
        """Rows under a title; nothing at all without rows."""
        told = [list(row) for row in rows]
        if not told:
            return
        style = None if self.plain else box.SIMPLE_HEAD
        table = Table(*columns, box=style, pad_edge=False, show_edge=False, header_style="dim")
        for row in told:
            table.add_row(*row)
        self.print(Text(f"\n{title}", style="bold"))
        self.print(table)

    def markdown(self, text: str) -> RenderableType:
        """Formatted where a person reads it; addresses are shown, so that no link is other than it says."""
        return Text(text) if self.plain else Markdown(text, hyperlinks=False)

    def facts(self, rows: Iterable[tuple[str, RenderableType]]) -> None:
        """Names and what they hold, one below the other."""
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(style="bold", width=10)
        grid.add_column(overflow="fold")
        for name, value in rows:
            grid.add_row(name, value)
        self.print(grid)


def print_json(document: Any) -> None:
    """One document on stdout; with ASCII alone nothing in it can steer a terminal."""
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def stop(command: str, why: object, code: int = 1) -> NoReturn:
    """End the process with one line on stderr."""
    sys.stderr.write(f"{command}: {visible(' '.join(str(why).split()))}\n")
    raise SystemExit(code)
