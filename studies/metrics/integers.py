r"""How often integers are wrong in the end, predicted apart for what is drawn anew and what stays.

A reading that is wrong with probability p, by noise that is drawn anew, is wrong twice in a row
with p^2.  Over all readings of a chip, whose p differ::

    random       E[p (1 - p)]     wrong, and right when read again
    persistent   E[p^2]           wrong, and wrong again: flaws of the chip, on these very data

The machine's protection acts on either by its closed form
(:mod:`mirage_core.arithmetic.error_probabilities`): reading again on the first alone.  Errors of
the moduli of an integer count as independent, and as slips to a neighbour.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from mirage_core.arithmetic.error_probabilities import one_reading
from mirage_core.arithmetic.redundancy import RedundantCode
from mirage_core.arithmetic.residue_errors import ResidueErrors
from mirage_core.machine.config import MachineConfig
from studies.metrics.errors import LEAST_RATE
from studies.metrics.evaluation import Evaluation
from studies.metrics.registry import metric


@metric("random_error_rate", "", "readings wrong that are right when read again", "log", 1.0)
def random_error_rate(at: Evaluation) -> float:
    """Predicted, over all moduli."""
    return max(_over_readings(at, lambda p: p * (1.0 - p)), LEAST_RATE)


@metric("persistent_error_rate", "", "readings wrong that are wrong when read again", "log", 1.0)
def persistent_error_rate(at: Evaluation) -> float:
    """Predicted, over all moduli."""
    return max(_over_readings(at, torch.square), LEAST_RATE)


@metric("wrong_by_noise", "", "integers wrong by random errors, after protection", "log", 1.0)
def wrong_by_noise(at: Evaluation) -> float:
    """Predicted; integers that are dropped count as wrong."""
    return wrong_integers(at.machine, random_error_rate(at), at.machine.redundancy.re_reads)


@metric("wrong_by_flaws", "", "integers wrong by persistent errors, after protection", "log", 1.0)
def wrong_by_flaws(at: Evaluation) -> float:
    """Predicted; integers that are dropped count as wrong."""
    return wrong_integers(at.machine, persistent_error_rate(at), 0)


def wrong_integers(machine: MachineConfig, error_rate: float, re_reads: int) -> float:
    """Share of integers wrong or dropped, for small ones, whose readings slip independently.

    Args:
        machine: gives moduli and protection.
        error_rate: of a reading.
        re_reads: readings again that see other errors.
    """
    moduli = machine.all_moduli
    if machine.redundancy.policy == "none":
        return max(1.0 - (1.0 - error_rate) ** len(moduli.moduli), LEAST_RATE)
    code = RedundantCode(moduli, machine.bfp.max_dot)
    errors, correct = ResidueErrors(probability=error_rate), machine.redundancy.policy == "correct"
    after = one_reading(code, errors, torch.tensor(0), correct).after(re_reads)
    return max(float(after.detected + after.undetected), LEAST_RATE)


def _over_readings(at: Evaluation, of: Callable[[Tensor], Tensor]) -> float:
    means = [float(of(r.error_probability).mean()) for r in at.predicted.values()]
    return sum(means) / len(means)
