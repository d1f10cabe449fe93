"""Files of S-parameters as instruments write them, made from models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from devices.parameters.part import Part
from devices.passive.coupler import Coupler, Splitter
from devices.passive.measured import MeasuredCoupler, MeasuredSplitter
from devices.switches.measured import MeasuredSwitch
from devices.switches.ring import RingSwitch
from photonics.measured_transfer import MeasuredTransfer
from photonics.units import SPEED_OF_LIGHT_M_PER_S


def light_m(count: int = 21, first_m: float = 1.53e-6, last_m: float = 1.57e-6) -> Tensor:
    return torch.linspace(first_m, last_m, count, dtype=torch.float64)


def two_sided(forward: Tensor, ports: int) -> Tensor:
    """Matrices (W, P, P) of a device without reflections, from (W, out, in) of the first ports."""
    into = forward.shape[-1]
    matrix = torch.zeros(len(forward), ports, ports, dtype=torch.complex128)
    matrix[:, into : into + forward.shape[-2], :into] = forward
    matrix[:, :into, into : into + forward.shape[-2]] = forward.mT
    return matrix


def measured(matrix: Tensor, wavelength_m: Tensor) -> MeasuredTransfer:
    """What an instrument would write: a delay gives a negative phase."""
    return MeasuredTransfer(wavelength_m, matrix.conj())


def csv_text(
    transfer: MeasuredTransfer,
    *,
    unit: str = "m",
    polar: bool = False,
    separator: str = ",",
    keep: Callable[[int, int], bool] = lambda out, entering: True,
) -> str:
    pairs = [(o, i) for o in range(transfer.ports) for i in range(transfer.ports) if keep(o, i)]
    ways = ("db", "deg") if polar else ("re", "im")
    lines = [[f"wavelength_{unit}", *(f"s{o + 1}{i + 1}_{w}" for o, i in pairs for w in ways)]]
    for wavelength_m, matrix in zip(transfer.wavelength_m.tolist(), transfer.matrix, strict=True):
        line = [repr(wavelength_m if unit == "m" else wavelength_m * 1e9)]
        for o, i in pairs:
            field = matrix[o, i]
            numbers = (field.real, field.imag)
            if polar:
                numbers = (20.0 * field.abs().clamp_min(1e-20).log10(), field.angle().rad2deg())
            line += [repr(float(number)) for number in numbers]
        lines.append(line)
    return "\n".join(separator.join(line) for line in lines) + "\n"


def touchstone_text(transfer: MeasuredTransfer) -> str:
    lines = ["! made from a model", "# GHz S RI R 50"]
    # Frequencies rise.
    for place in reversed(range(len(transfer.wavelength_m))):
        frequency_hz = SPEED_OF_LIGHT_M_PER_S / float(transfer.wavelength_m[place])
        matrix = transfer.matrix[place]
        if transfer.ports == 2:
            matrix = matrix.T
        numbers = torch.view_as_real(matrix.contiguous()).flatten().tolist()
        lines.append(" ".join([repr(frequency_hz / 1e9), *map(repr, numbers)]))
    return "\n".join(lines) + "\n"


def ring_matrix(ring: RingSwitch, at_m: Tensor, *, detuned: bool, resonance_m: float) -> Tensor:
    """Matrices (W, 4, 4): in (1) and add (4) both lead to through (2) and drop (3)."""
    shift_m = ring.detuning_m if detuned else 0.0
    through, drop = ring.transfer(shift_m - (at_m - resonance_m), resonance_m, float(detuned))
    matrix = torch.zeros(len(at_m), 4, 4, dtype=torch.complex128)
    for one, other, field in ((0, 1, through), (0, 2, drop), (3, 2, through), (3, 1, drop)):
        matrix[:, one, other] = matrix[:, other, one] = field
    return matrix


def example_files(kind: type[Part], folder: Path) -> dict[str, str]:
    """Files of the default models at 1550 nm, by the fields of a measured kind; none of others."""
    at_m = light_m(401, 1.548e-6, 1.552e-6)
    ring = RingSwitch()
    found = {
        MeasuredCoupler: {"measured": two_sided(Coupler().matrix().expand(401, 2, 2), 4)},
        MeasuredSplitter: {
            "measured": two_sided(Splitter().fields()[:, None].expand(401, 2, 1), 3)
        },
        MeasuredSwitch: {
            "measured_coupled": ring_matrix(ring, at_m, detuned=False, resonance_m=1.55e-6),
            "measured_detuned": ring_matrix(ring, at_m, detuned=True, resonance_m=1.55e-6),
        },
    }.get(kind, {})
    return {
        name: write_csv(folder / f"{name}.csv", measured(matrix, at_m))
        for name, matrix in found.items()
    }


def write_csv(path: Path, transfer: MeasuredTransfer) -> str:
    path.write_text(csv_text(transfer))
    return str(path)
