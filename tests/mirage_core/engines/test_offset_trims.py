"""Offset trims follow the light of each symbol in both engines."""

from __future__ import annotations

import pytest
import torch

from circuits import Chip
from circuits.chip.trims import Trims
from mirage_core import MachineConfig, TensorCore, load_machine
from tests.machines import LINEAR

FLAWED = [
    "array.units=2",
    "array.rows=8",
    "multiplier.drive_gain_rms=2e-5",
    "multiplier.coherence_length_m=1.66",
    "multiplier.index_rms=0",
    "receiver.hybrid.splitter.imbalance_rms_db=0.3",
    "receiver.hybrid.responsivity_rms=0.01",
    "multiplier.polarity=one-coupled",
    "laser.power_w=1e3",
]


def trimmed(chip: Chip, gain: float, offset: tuple[float, float]) -> Chip:
    """Its chip with the gain of I and the offsets of I and Q set on all receivers."""
    trims = {}
    for m, arrays in chip.fabricated.items():
        units, rows, length, digits = arrays.statics.shifter_phase_rad.shape[:-1]
        drives = arrays.statics.drive_gain.shape[-1]
        shares = 1 if chip.design.multiplier.rails == "dual" else 2
        none = Trims.none((units, rows), length, digits, drives, shares)
        gains = torch.tensor([gain, 1.0], dtype=torch.float64)
        offsets = torch.tensor(offset, dtype=torch.float64)[:, None]
        trims[m] = none.changed(
            gain=gains.expand(units, rows, 2), offset=offsets.expand(units, rows, 2, shares)
        )
    return chip.with_trims(trims)


def readings(
    machine: MachineConfig, fidelity: str, chip: Chip, modulus: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """I and Q over full scale (Q, readings), and decided residues."""
    core = TensorCore(machine, fidelity=fidelity, seed=1, chip=chip)
    generator = torch.Generator().manual_seed(7)
    a = torch.randint(-15, 16, (8, 32), generator=generator).float()
    b = torch.randint(-15, 16, (32, 20), generator=generator).float()
    with core.probe(limit=10**9) as probe:
        core.matmul(a, b)
    in_phase, quadrature, _, decided = probe.samples[modulus]
    return torch.stack((in_phase, quadrature)).double(), decided


@pytest.mark.parametrize("memory", ["settled", "filtered"])
@pytest.mark.parametrize("gain", ["fixed", "per-symbol"])
@pytest.mark.parametrize("rails", ["dual", "single"])
def test_compact_takes_off_what_the_field_does(rails: str, gain: str, memory: str) -> None:
    given = [f"multiplier.rails={rails}", f"receiver.gain={gain}", f"receiver.memory={memory}"]
    machine = load_machine("isca2024", [*LINEAR, *FLAWED, *given])
    plain = TensorCore(machine).chip
    modulus, offset = machine.moduli[0], (0.02, -0.03)
    taken = {}
    for fidelity in ("compact", "field"):
        # The noise is the same without the offsets, and drops out.
        without, trimmed_too = (
            readings(machine, fidelity, trimmed(plain, 1.1, o), modulus)[0]
            for o in ((0.0, 0.0), offset)
        )
        taken[fidelity] = (without - trimmed_too) / torch.tensor(offset).double()[:, None]
    off = taken["field"]
    # Readings are kept in FP32: a part in 10^7 of them, on offsets of 2 % and more.
    torch.testing.assert_close(taken["compact"], off, rtol=1e-5, atol=5e-5)
    torch.testing.assert_close(off[0], off[1], rtol=1e-5, atol=5e-5)
    constant = rails == "dual" and gain == "per-symbol"
    assert (float(off.std() / off.mean()) < 1e-4) == constant
