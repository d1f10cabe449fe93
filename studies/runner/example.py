"""Commented examples to begin a study with, one without code and one with."""

from __future__ import annotations

from pathlib import Path

from photonics.errors import InputError
from photonics.files import write_whole

TOML = """\
# A study: mirage study run THIS_FILE --workers 2
question = "How much light does a calibrated machine need, for either polarity?"

# The machine that is changed: a preset (mirage show presets) or a file of your own.
machine = "robust"

# What is measured, by name (mirage show metrics lists them).
metrics = ["symbol_error_rate_predicted", "laser_total_w"]

# Chips and noises at every point; intervals are over them.
replicas = 3
seed = 0

# grid: every combination.  random and qmc fill spans with `points` points; tpe and nsga2 search
# (name what for: objectives.laser_total_w = "minimize",
#  constraints.symbol_error_rate_predicted = "<= 1e-6").
sampler = "grid"

# Changes that hold for all points, and how each is looked at.
[set]
conditions.rows = 4
conditions.vectors = 100
# The machine's own controller takes seconds a chip; the oracle leaves a stated error, at once.
conditions.controller = "oracle"

# What is varied, by dotted name: a list, a span, or choices that set several values.
[axes]
laser.power_w = { low = 1e-3, high = 8e-3, log = true, count = 5 }

[axes.polarity."zeros couple"]
multiplier.polarity = "zero-coupled"

[axes.polarity."ones couple"]
multiplier.polarity = "one-coupled"

# The figure.
[drawing]
x = "laser.power_w"
y = "symbol_error_rate_predicted"
lines = "polarity"
log_x = true
log_y = true
# The answer says at which x each line meets it, with an interval over chips.
target = 1e-6

# What the quick form (without --full) has otherwise.
[quick]
replicas = 2
"""

PYTHON = '''\
"""A study with code of its own: mirage study run THIS_FILE --workers 2."""

from studies.report.answer import Answer
from studies.report.charts import Chart
from studies.report.plain_answer import series_of
from studies.runner.study import Study
from studies.runner.table import Table


def answer(table: Table) -> Answer:
    """Words, a table and a figure from the rows: estimates come with their intervals."""
    rate = "symbol_error_rate_predicted"
    found = [(x, part.of(rate)) for (x,), part in table.by("multiplier.switch.detuning_m")]
    best = min(found, key=lambda pair: pair[1].value)
    chart = Chart(
        "Errors against the detuning of switched rings",
        "detuning / m",
        "symbol error rate",
        [series_of("", [x for x, _ in found], [e for _, e in found])],
        log_y=True,
    )
    words = [f"Fewest errors at {1e9 * best[0]:.3g} nm: {best[1].text()}."]
    cells = [(f"{1e9 * x:.3g}", e.text()) for x, e in found]
    return Answer(words, ("detuning / nm", "error rate"), cells, [chart])


STUDY = Study(
    question="How far must rings be switched from resonance?",
    machine="robust",
    axes={"multiplier.switch.detuning_m": [1e-9, 1.5e-9, 2e-9, 2.5e-9]},
    metrics=["symbol_error_rate_predicted"],
    set={"conditions.controller": "oracle", "conditions.vectors": 100, "laser.power_w": 2e-3},
    replicas=3,
    answer=answer,
)
'''


def write_example(file: Path, overwrite: bool = False) -> None:
    """Write an example that fits the ending of a file.

    Raises:
        InputError: for another ending, or a file that is there.
    """
    examples = {".toml": TOML, ".py": PYTHON}
    if file.suffix.lower() not in examples:
        raise InputError("file", str(file), "must end in .toml or .py")
    if file.exists() and not overwrite:
        raise InputError("file", str(file), "is there already", "add --overwrite, or name another")
    text = examples[file.suffix.lower()].replace("THIS_FILE", str(file))
    write_whole(file, text.encode(), "file")
