"""Fig. 5(a)'s counterpart: what short mantissas in long groups lose to FP32.

The paper trains ResNet-18 on ImageNet, once in each format; study ``precision`` trains an MLP and a
CNN on handwritten digits, whose file says what was expected.  Only mantissas that are cut off, the
paper's way, stand beside it, and of its groups those of 8, 16 and 32.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mirage_core.cost.published.figures import figures
from studies.counterparts.counterpart import Counterpart, Span
from studies.counterparts.kept import damaged, finite, lines_of
from studies.metrics.registry import Metric
from studies.questions.precision import FORMATS
from studies.runner.rows import DONE
from studies.runner.table import estimate

STUDY = "precision"
_LOST = Metric("accuracy_lost", "", "what FP32 is better by", "linear", lambda _: 0.0)


def published(bits: int, group: int) -> Span | None:
    """What ResNet-18 loses to FP32 with mantissas and groups of a length; none if not drawn."""
    drawn = figures()["fig5a_resnet18_accuracy"]
    if f"bm{bits}" not in drawn or group not in drawn["group_size"]:
        return None
    lost = drawn[f"bm{bits}"][drawn["group_size"].index(group)] - drawn["fp32"]
    return Span(lost, lost)


def rows(results: Path) -> tuple[list[Counterpart], list[str]]:
    """All formats that were trained with mantissas cut off, and what is said if there are none.

    Args:
        results: folder with the folder of the study.

    Raises:
        InputError: for a table that cannot be read.
    """
    path = results / STUDY / "table.csv"
    lines = lines_of(path) if path.is_file() else []
    try:
        lost = _by_format(lines)
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(path, error) from None
    found = []
    for (network, name), values in lost.items():
        told = estimate(values, _LOST)
        # What is alike on all seeds has no interval.
        low, high = (told.low, told.high) if told.least < told.most else (told.value, told.value)
        span, beside = Span(-100.0 * high, -100.0 * low), published(*FORMATS[name])
        found.append(Counterpart(network, name, beside, -100.0 * told.value, span, told.count))
    return found, [] if found else [f"the full form of study {STUDY} is not among the results"]


def _by_format(lines: list[dict[str, str]]) -> Mapping[tuple[str, str], list[float]]:
    """Accuracy lost on every seed, by network and format, as fractions."""
    lost: dict[tuple[str, str], list[float]] = {}
    for line in lines:
        cut = line["rounding"] == "truncate" and line["format"] in FORMATS
        if cut and line["status"] == DONE:
            key = line["network"], line["format"]
            lost.setdefault(key, []).append(finite(line["accuracy_lost"]))
    return lost
