"""What a study found: words, a table and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studies.report.charts import Chart


@dataclass(frozen=True)
class Answer:
    """The answer to a question.

    Attributes:
        words: sentences, the most important one first.
        columns: heads of the table.
        cells: its rows, as texts.
        charts: figures.
    """

    words: Sequence[str]
    columns: Sequence[str]
    cells: Sequence[Sequence[str]]
    charts: Sequence[Chart]
