"""Tables and words for the terminal."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from studies.report.terminal import printable


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    text: Collection[str] = (),
) -> None:
    """Print a table; numbers are right-aligned, the first column and those of ``text`` are not."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for i, column in enumerate(columns):
        justify: JustifyMethod = "left" if i == 0 or column in text else "right"
        # Names are to be typed again: one that is too long goes on in the next line.
        table.add_column(column, justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console().print(table)


def console() -> Console:
    """A console as wide as the terminal, and wide enough for tables where there is none."""
    # With JSON on standard output, this is standard error, and that may be closed.
    shown = sys.stdout is not None and sys.stdout.isatty()
    width = None if shown else 150
    return _Plain(width=width, highlight=False, markup=False, emoji=False)


class _Plain(Console):
    """Shows texts as they are, whoever wrote them: nothing in them is done."""

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(printable(text), **options)
