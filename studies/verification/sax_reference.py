"""Fields of rows of chips against SAX, which solves their netlists part by part.

Its parts are numbers of our chips, its solver is not ours: rings, interferometers, paths that meet
and hybrids are solved as networks of scattering matrices.  Chips are trimmed and have drifted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from circuits import ModularDotProduct, OracleController, RowPosition, calibrate, drifted, fabricate
from circuits.coding.array_shape import ArrayShape
from circuits.netlist.row import operand_settings, row_netlist
from mirage_core.machine.config import MachineConfig
from photonics.optics import power_w
from photonics.random import NoiseKey
from studies.verification.check import Check, Finding
from studies.verification.machines import of_preset

WITHIN = 1e-10
"""Largest difference of the field on a diode, over the root of the light on all four."""

SMALL = 5
"""Modulus of which every product is compared, on rows of one multiplier."""

LENGTH = 16
"""Multipliers of the longer rows."""


class _Machine(NamedTuple):
    preset: str
    changes: Mapping[str, Any]


MACHINES = {
    "rings": _Machine("robust", {}),
    "interferometers": _Machine("robust", {"multiplier.switch.kind": "mzi"}),
    "heaters": _Machine("thermo-optic", {}),
    "one rail": _Machine("robust", {"multiplier.rails": "single"}),
}


def sax_reference(like: MachineConfig, readings: int) -> Finding:
    """Every product of a small modulus, and readings of long rows of the machine's own moduli.

    Args:
        like: machine whose moduli the long rows have.
        readings: of each of those rows, at random operands; 0 leaves them out.
    """
    checks = []
    for name, machine in MACHINES.items():
        unit = _row(machine, like, SMALL, 1)
        values = torch.tensor(unit.code.values)
        pairs = torch.cartesian_prod(values, torch.arange(SMALL))
        checks.append(_check(f"{name}, all products", unit, pairs[:, :1], pairs[:, 1:]))
    for modulus in like.all_moduli.moduli if readings else ():
        unit = _row(MACHINES["rings"], like, modulus, LENGTH)
        key = NoiseKey.from_seed(7).fold("verify", "sax", modulus)
        x, w = (
            (key.fold(operand).uniform(0, readings * LENGTH) * modulus).long().view(-1, LENGTH)
            for operand in ("x", "w")
        )
        checks.append(_check(f"{LENGTH} multipliers of modulus {modulus}", unit, x, w))
    return Finding(checks)


def _row(machine: _Machine, like: MachineConfig, modulus: int, length: int) -> ModularDotProduct:
    """The second of two rows of a chip; the first is at rest."""
    design = of_preset(machine.preset, like, machine.changes).design
    chip = fabricate(design, (modulus,), ArrayShape(1, 2, length), seed=1)
    chip = drifted(calibrate(chip, controller=OracleController(residual_rad=1e-2)))
    return ModularDotProduct(modulus, length, chip=chip, position=RowPosition(row=1))


def _check(name: str, unit: ModularDotProduct, x: Tensor, w: Tensor) -> Check:
    # SAX is optional: this module is loaded without it.
    from circuits.netlist.sax_models import diode_fields

    found = diode_fields(row_netlist(unit, x[0], w[0]), operand_settings(unit, x, w))
    signal, reference = unit.fields(x, w).unbind(-1)
    ours = unit.diodes.hybrid.fields(signal, reference)
    light = power_w(ours).sum(-1, keepdim=True).sqrt()
    deviation = ((torch.from_numpy(found) - ours).abs() / light).amax(-1)
    # A difference that is no number is a failure too.
    wrong = int((~(deviation <= WITHIN)).sum())
    detail = f"fields differ by at most {float(deviation.max()):.1e}"
    return Check(f"SAX, {name}", len(x), wrong, detail)
