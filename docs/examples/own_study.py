"""A question of your own: how many bits must converters have beyond those of a residue?

mirage study run docs/examples/own_study.py
"""

from studies.report.answer import Answer
from studies.report.charts import Chart
from studies.report.plain_answer import series_of
from studies.runner.study import Study
from studies.runner.table import Table

BITS, RATE = "receiver.adc_extra_bits", "symbol_error_rate_predicted"


def answer(table: Table) -> Answer:
    """An error rate with its interval for every number of bits, and a figure."""
    found = [(bits, part.of(RATE)) for (bits,), part in table.by(BITS)]
    best = min(found, key=lambda pair: pair[1].value)
    words = [f"Fewest errors with {best[0]} bits more: {best[1].text()}."]
    cells = [(str(bits), rate.text()) for bits, rate in found]
    drawn = [series_of("", [bits for bits, _ in found], [rate for _, rate in found])]
    chart = Chart("Errors by bits", "bits more than a residue has", "error rate", drawn, log_y=True)
    return Answer(words, ("more bits", "error rate"), cells, [chart])


STUDY = Study(
    question="How many bits must converters have beyond those of a residue?",
    machine="robust",
    axes={BITS: [0, 1, 2, 3]},
    metrics=[RATE],
    # The oracle calibrates at once; the machine's own controller takes seconds for a chip.
    set={"conditions.controller": "oracle", "conditions.rows": 2, "conditions.vectors": 100},
    replicas=2,
    answer=answer,
)
