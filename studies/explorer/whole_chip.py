"""All arrays of the machine that a row of the explorer belongs to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from circuits.analysis.predicted_errors import predict
from circuits.chip.compiling import compile_arrays
from mirage_core.cost.array import ModularArray
from mirage_core.cost.bases import array_of
from studies.explorer.data import workload
from studies.explorer.row import full_bill, oracle_chip
from studies.explorer.settings import RowSettings


@dataclass(frozen=True)
class WholeChip:
    """A chip at one setting of the sliders.

    Attributes:
        settings: the sliders.
        array: its arrays, at the machine's clock.
        error_rate: predicted share of readings decided wrongly of every row, (U, R), by modulus.
        integer_error_rate: share of integers of which any residue is wrong, over all rows.
        power_w: with all arrays full, everything counted that ``mirage cost`` prices.
    """

    settings: RowSettings
    array: ModularArray
    error_rate: dict[int, NDArray[np.float64]]
    integer_error_rate: float
    power_w: float

    @property
    def mac_j(self) -> float:
        """Energy of a multiply-accumulate."""
        return self.power_w / self.array.peak_macs_per_s


def explore_chip(settings: RowSettings) -> WholeChip:
    """Work out every row of the machine's chip: seconds.

    Raises:
        InputError: for settings that no machine can have.
    """
    machine = settings.machine()
    shape, moduli = machine.array_shape, machine.all_moduli.moduli
    chip = oracle_chip(machine, moduli, shape, settings)
    rates, right = {}, torch.ones(())
    for modulus in moduli:
        work = workload(machine, modulus, settings.data, shape, torch.arange(shape.units))
        arrays = compile_arrays(chip.arrays(modulus), chip.design)
        wrong = predict(arrays, work).error_probability
        rates[modulus] = wrong.mean(1).numpy()
        right = right + torch.log1p(-wrong.clamp(max=1.0 - 1e-16))
    return WholeChip(
        settings=settings,
        array=array_of(machine, "physics"),
        error_rate=rates,
        integer_error_rate=float(-torch.expm1(right - 1.0).mean()),
        power_w=full_bill(machine).power_w,
    )
