"""How many chips are usable, by what fabrication leaves and what calibration may do about it?

A chip is usable if each of its rows errs less often than stated after its own controller has
calibrated it, and it has drifted.  A chip of this study has few rows.
"""

from __future__ import annotations

from studies.report.answer import Answer
from studies.report.plain_answer import refusals
from studies.report.variants import bars_of, side_by_side
from studies.runner.study import Study
from studies.runner.table import Table

_VARIANT, _USABLE, _DESIGN = "chips", "usable", "as designed"
_ROWS = 4


def answer(table: Table) -> Answer:
    """Shares of usable chips, and what calibration leaves on a digit."""
    metrics = [
        (_USABLE, "usable", 1.0),
        ("residual_digit_rad", "left on a digit / mrad", 1e3),
        ("worst_row_error_rate_predicted", "worst row errs", 1.0),
        ("trimmers_total_w", "trimmers of the machine / W", 1.0),
    ]
    shares = [(v, part.of(_USABLE)) for (v,), part in table.done.by(_VARIANT)]
    columns, cells = side_by_side(table, [_VARIANT], metrics)
    count = min(e.count for _, e in shares)
    told = ", ".join(f"{v} {e.text()}" for v, e in shares)
    words = [f"Usable, of {count} chips of {_ROWS} rows each: {told}."]
    whole = [(v, e) for v, e in shares if e.least == 1.0]
    if whole:
        at_least = max(e.low for _, e in whole)
        words.append(
            f"No chip is lost with {', '.join(v for v, _ in whole)}: from {count} chips a yield of "
            f"{at_least:.2g} or more follows, at 95 %."
        )
    words.append(
        f"This is the yield of chips of {_ROWS} rows; of machines with 256 rows of each modulus "
        "nothing more is known."
    )
    watts = table.where(chips=_DESIGN).of("trimmers_total_w")
    if watts.count:
        words.append(
            f"As designed, trimmers of phases and rings of the whole machine draw "
            f"{watts.text(1e-3)} kW: yield is bought with power."
        )
    words += refusals(table)
    charts = [
        bars_of(table, _VARIANT, _USABLE, "Share of usable chips"),
        bars_of(
            table,
            _VARIANT,
            "residual_digit_rad",
            "What calibration leaves on a digit",
            scale=1e3,
            label="rms / mrad",
        ),
    ]
    return Answer(words, columns, cells, charts)


def _one(name: str, value: object) -> dict[str, object]:
    return {name: value}


_INDEX, _TRIMMER = "multiplier.index_rms", "calibration.trimmer"
_CHIPS = {
    _DESIGN: {},
    "index 1e-3": _one(_INDEX, 1e-3),
    "index 1e-2": _one(_INDEX, 1e-2),
    "alike over 0.2 mm": _one("multiplier.index_correlation_m", 2e-4),
    "alike over 20 mm": _one("multiplier.index_correlation_m", 2e-2),
    "rough, 0.4 mm": _one("multiplier.coherence_length_m", 4e-4),
    "range of a turn": _one(f"{_TRIMMER}.range_rad", 6.2832),
    "range of 5 rad": _one(f"{_TRIMMER}.range_rad", 5.0),
    "trimmers of 10 bits": _one(f"{_TRIMMER}.bits", 10),
    "trimmers of 8 bits": _one(f"{_TRIMMER}.bits", 8),
    "300 reads": _one("calibration.reads", 300),
    "500 reads": _one("calibration.reads", 500),
    "8000 reads": _one("calibration.reads", 8000),
}
_QUICK = (_DESIGN, "range of 5 rad", "300 reads")

STUDY = Study(
    question="How many chips are usable, by fabrication, trimmers and reads of calibration?",
    axes={_VARIANT: _CHIPS},
    metrics=[_USABLE, "worst_row_error_rate_predicted", "residual_digit_rad", "trimmers_total_w"],
    set={"conditions.rows": _ROWS, "conditions.vectors": 200, "calibration.accept": "any"},
    replicas=40,
    quick={
        "axes": {_VARIANT: {name: _CHIPS[name] for name in _QUICK}},
        "set": {"conditions.vectors": 40},
        "replicas": 2,
    },
    minutes=15,
    answer=answer,
)
