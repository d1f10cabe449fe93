"""The reference of studies: every metric, and the fields that are none of a machine."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from inspect import getdoc

from docs.pages.configuration import Sections, homes
from docs.pages.markdown import code, docstring, plain, table
from mirage_core.training.recipe import Recipe
from studies.metrics.conditions import Conditions
from studies.metrics.registry import MODULES, Metric, metrics
from studies.runner.table import averaged

HEAD = """# Metrics, conditions and recipes

What a [study](../studies.md) may name beside the [parameters of a machine](configuration.md): its
`metrics`, and fields of `conditions` and `recipe`, as axes or behind `set`. An error rate is a
share of readings. Of a recipe, what is not set is as suits the network (`mirage show networks`),
and else as the default; its seed is that of the replica. This page is made from the code; `mirage
show metrics` prints the same on a terminal.

## Over replicas

Every chip, or every noise, gives one number. Answers tell their mean, and where they differ its
interval of 95 %:

- *geometric mean*: of logarithms, with Student's t of these; where a number is 0, as a mean.
- *mean*: of the numbers, with Student's t.
- *share*: of replicas for which it is so, with the interval of Clopper and Pearson.

Infinite numbers are in no mean; the answer says on how many chips there is none that is enough. A
chip that calibration refuses has no number, except where the meaning says one.
"""


def pages() -> Iterator[tuple[str, str]]:
    """The one page."""
    known = metrics().values()
    text = [HEAD]
    for module in MODULES:
        about = docstring((importlib.import_module(module).__doc__ or "").partition("\n\n")[0])
        rows = [_row(m) for m in known if m.of.__module__ == module]
        title = module.rpartition(".")[2].replace("_", " ").capitalize()
        text.append(f"## {title}\n\n{about}\n")
        text.append(table(("metric", "unit", "over replicas", "meaning"), rows))
    fields = Sections(homes(Conditions, "conditions") | homes(Recipe, "recipe"))
    fields.add(Conditions, "conditions", None)
    fields.add(Recipe, "recipe", None)
    yield "metrics.md", "\n".join((*text, *fields.text))


def _row(metric: Metric) -> tuple[str, ...]:
    # Numbers of one training are computed by one function, which says nothing of each.
    more = "" if metric.of.__name__ == "<lambda>" else getdoc(metric.of) or ""
    meaning = f"{plain(metric.meaning)}. {docstring(more)}".strip()
    return code(metric.name), metric.unit, averaged(metric), meaning
