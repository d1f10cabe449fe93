"""Rows of the comparison with the paper: published, recomputed, difference, reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["agrees", "fitted", "explained", "unexplained", "printed", "not recomputed"]
"""What a row comes to:

* ``agrees``: within 5 %, or as many percentage points of what is a percentage;
* ``fitted``: within that too, but with a value or a reading taken from the same figure or claim so
  that it does, and counted as no agreement;
* ``explained``: beyond that, for a reason that is derived;
* ``unexplained``: beyond that, with the hypotheses that were tried;
* ``printed``: the recomputed value has the published one as an input, and checks nothing;
* ``not recomputed``: the paper gives nothing to work it out from.
"""

WITHIN = 0.05


@dataclass(frozen=True)
class Row:
    """One published value.

    Attributes:
        table: which table or figure.
        item: what the value is.
        unit: of both values.
        published: value of the paper.
        recomputed: ours; none where nothing can be recomputed.
        reason: of the difference, or what was tried.
        derived: whether the reason is derived and tested; otherwise the row is unexplained.
        printed: whether the published value is an input of ours.
        fitted: whether something is taken from the same figure so that the value is met.
        panel: of a figure that the value is drawn in; its table by default.
        place: along the axis of the panel; the item by default.
        series: of several at one place.
        drawn: whether the paper draws or tabulates it.
    """

    table: str
    item: str
    unit: str
    published: float
    recomputed: float | None
    reason: str = ""
    derived: bool = False
    printed: bool = False
    fitted: bool = False
    panel: str = ""
    place: str = ""
    series: str = ""
    drawn: bool = True

    @property
    def difference(self) -> float | None:
        """Relative difference; of percentages, percentage points over a hundred."""
        if self.recomputed is None:
            return None
        if self.unit == "%":
            return (self.recomputed - self.published) / 100.0
        return self.recomputed / self.published - 1.0

    @property
    def verdict(self) -> Verdict:
        """What the row comes to."""
        if self.difference is None:
            return "not recomputed"
        if self.printed:
            return "printed"
        if abs(self.difference) <= WITHIN:
            return "fitted" if self.fitted else "agrees"
        return "explained" if self.derived else "unexplained"

    def as_dict(self) -> dict[str, object]:
        """Plain values, difference and verdict included."""
        of_figures = ("panel", "place", "series", "drawn")
        values = {name: value for name, value in vars(self).items() if name not in of_figures}
        return {**values, "difference": self.difference, "verdict": self.verdict}
