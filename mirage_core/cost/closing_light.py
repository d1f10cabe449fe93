"""The light that a machine needs to decide rightly, from its link budget on stated data.

The laser of each modulus is raised until noise of shot and amplifier errs at a target behind a
stated percentile of the loss.  More light than a guide carries linearly closes nothing: such a
point is refused, with how far off it is and a length of rows that does close.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from circuits.analysis.link import LinkBudget
from mirage_core.machine.config import MachineConfig
from photonics.errors import InputError
from photonics.random import NoiseKey
from photonics.representation import one_line

Data = Literal["uniform", "sparse", "worst"]
"""What streams: every mantissa as often, nine of ten zero, or the lossiest vector there is."""
DATA: tuple[Data, ...] = get_args(Data)

ERROR_RATE, PERCENTILE = 1e-6, 99.9
_VECTORS, _ZEROS = 20_000, 0.9


@dataclass(frozen=True)
class ClosingLight:
    """Light of the rows of one modulus.

    Attributes:
        modulus: m.
        loss_db: of each rail, at the percentile.
        set_w: laser power of a row as the machine has it.
        needed_w: laser power at which the target is met.
        carried_w: laser power beyond which the linear model does not hold.
    """

    modulus: int
    loss_db: float
    set_w: float
    needed_w: float
    carried_w: float

    __repr__ = one_line

    @property
    def short_db(self) -> float:
        """How much more light the machine needs, negative where it has some to spare."""
        return 10.0 * math.log10(self.needed_w / self.set_w)

    @property
    def beyond_db(self) -> float:
        """How far the needed light is beyond what a guide carries; negative where it is not."""
        return 10.0 * math.log10(self.needed_w / self.carried_w)


def closing_light(machine: MachineConfig, data: str = "uniform") -> list[ClosingLight]:
    """Light that each modulus needs for stated data.

    Args:
        machine: any.
        data: one of :data:`DATA`.

    Raises:
        InputError: for other data.
    """
    if data not in DATA:
        raise InputError("data", data, f"must be one of {', '.join(DATA)}")
    found = []
    for modulus in machine.all_moduli.moduli:
        budget = LinkBudget(machine.design, modulus, machine.bfp.group_size)
        if data == "worst":
            loss_db = budget.worst().rail_loss_db
        else:
            digits = budget.gain.code.digits(mantissas(machine, data))
            losses = budget.gain.rail_loss_db(digits)
            loss_db = float(torch.quantile(losses, PERCENTILE / 100.0))
        power, set_w = budget.power(), machine.design.row_power_w(modulus)
        carried_w = set_w * power.limit_w / power.launched_w
        needed_w = budget.closing_power_w(ERROR_RATE, loss_db)
        found.append(ClosingLight(modulus, loss_db, set_w, needed_w, carried_w))
    return found


def mantissas(machine: MachineConfig, data: str) -> Tensor:
    """Streamed integers, int64 (vectors, J)."""
    length, top = machine.bfp.group_size, machine.bfp.max_mantissa
    key, count = NoiseKey.from_seed(0).fold("closing light"), _VECTORS * length
    drawn = (key.fold("value").uniform(0, count) * (2 * top + 1)).long() - top
    if data == "sparse":
        drawn = drawn * (key.fold("zero").uniform(0, count) >= _ZEROS)
    return drawn.view(_VECTORS, length)


def closed(machine: MachineConfig, data: str = "uniform") -> MachineConfig:
    """The machine with as much light for each modulus as it needs.

    Raises:
        InputError: where a guide cannot carry that.
    """
    lights = closing_light(machine, data)
    worst = max(lights, key=lambda light: light.beyond_db)
    if worst.beyond_db > 0.0:
        raise InputError(
            "laser",
            f"{worst.needed_w:.3g} W for modulus {worst.modulus}",
            f"is {worst.beyond_db:.1f} dB beyond what a guide carries, {worst.carried_w:.3g} W, "
            f"for {data} data at an error rate of {ERROR_RATE:g}",
            _nearest(machine, data),
        )
    powers = {light.modulus: light.needed_w for light in lights}
    return machine.changed({"modulus_power_w": powers}, source=f"derived: closes for {data} data")


def _nearest(machine: MachineConfig, data: str) -> str:
    """A shorter row that closes, in words."""
    for length in range(machine.bfp.group_size - 1, 0, -1):
        shorter = machine.changed({"bfp.group_size": length})
        if all(light.beyond_db <= 0.0 for light in closing_light(shorter, data)):
            return f"nearest that closes: bfp.group_size={length}"
    return "no length of rows closes: take less lossy parts, or a slower receiver"
