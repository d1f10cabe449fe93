"""The paper's tables, figures and claims beside what they recompute to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import get_args

from docs.pages.markdown import code, plain, table
from studies.accelerator.paper import PARTS, RULE
from studies.accelerator.paper_rows import Row, Verdict
from studies.accelerator.quantities import number
from studies.counterparts import command as trained
from studies.counterparts.counterpart import Counterpart
from studies.counterparts.kept import KEPT

VERDICTS = get_args(Verdict)
HEAD = f"""# The paper, row by row

What `mirage paper` prints. Under each part stand the rows that do not simply agree; `mirage paper
NAME` prints all of them. A row *agrees* within 5 %, or 5 percentage points of a percentage. It is
*fitted* if a value of the same figure was used to meet it, which is no agreement. It is *explained*
if the difference is derived, *printed* if the published value is an input, and *unexplained*
otherwise.

{plain(RULE[0].upper() + RULE[1:])}.
"""


def pages() -> Iterator[tuple[str, str]]:
    """The one page."""
    found = {name: part() for name, part in PARTS.items()}
    rows = [(code(n), *_counts(part), str(len(part))) for n, part in found.items()]
    overview = table(("part", *VERDICTS, "rows"), rows)
    parts = [_part(n, p) for n, p in found.items()]
    beside = [_trained(name, part) for name, part in trained.PARTS.items()]
    yield "paper.md", "\n".join((HEAD, overview, *parts, *beside))


def _counts(rows: Sequence[Row]) -> list[str]:
    verdicts = Counter(row.verdict for row in rows)
    return [str(verdicts[v]) for v in VERDICTS]


def _part(name: str, rows: Sequence[Row]) -> str:
    differing = [row for row in rows if row.verdict != "agrees"]
    head = f"## `{name}`\n"
    if not differing:
        return f"{head}\nAll {len(rows)} rows agree.\n"
    columns = ("row", "published", "recomputed", "difference", "verdict", "reason")
    cells = [
        (
            plain(row.item),
            _value(row.published, row.unit),
            _value(row.recomputed, row.unit),
            "" if row.difference is None else f"{100 * row.difference:+.2f} %",
            row.verdict,
            plain(row.reason),
        )
        for row in differing
    ]
    return f"{head}\n{table(columns, cells)}"


def _trained(name: str, part: trained.Part) -> str:
    """A part that the paper trains, beside kept results; or what makes them."""
    rows, missing = part.rows(KEPT)
    said = [f"- {one}: `mirage paper {name} --rerun` makes it" for one in missing]
    columns = ("network", "format", "paper", "here [95 %]", "seeds", "verdict")
    told = [plain(trained.NOTE), table(columns, map(_beside, rows))] if rows else []
    return "\n\n".join((f"## `{name}`", plain(part.title) + ".", *told, "\n".join(said), ""))


def _beside(row: Counterpart) -> tuple[str, ...]:
    told, theirs = trained.found_text(row), row.published
    paper = "" if theirs is None else trained.span_text(theirs)
    return (row.network, plain(row.item), paper, told, str(row.seeds), row.verdict)


def _value(value: float | None, unit: str) -> str:
    return "" if value is None else plain(f"{number(value)} {unit}".rstrip())
