r"""Do errors of the channel spread from device to device as those of the compact model do?

Static errors make some devices err more often than others: counts of wrong readings over devices
scatter more than counts of chance, by their index of dispersion (variance over mean).  A channel
that forgot which device it is would lose that.  Both fidelities read the same operands on the same
devices, which are decoded in pairs:

* device by device the counts must agree: squares of their differences over the variance of these
  add up to χ² of as many degrees of freedom as there are devices;
* so must the variances over devices: with c, h the counts and s the sum of both less its mean, they
  differ by ``Σ (h - c) s``, which has the variance ``Σ s² Var(h - c)``.

Legend of shapes: D device, N streamed vector, M row of drives.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from scipy.stats import chi2, norm, t
from torch import Tensor

from circuits.chip.chip import Chip, fabricate
from circuits.receiver.by_design import gain_control
from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.config import MachineConfig
from photonics.random import NoiseKey
from studies.verification.check import Check, Finding
from studies.verification.machines import of_preset, powered
from studies.verification.sampling import decided, normal_mantissas, slips

DEVICES = 48

# What partial calibration leaves: static phases of the digits alone, so that errors hang on what is
# streamed, of which there is much, and hardly on the drives.  Little loss, and no flaw beside.
_CHANGES: dict[str, Any] = {
    "array.rows": 1,
    "calibration.policy": "none",
    "drift.common_rms_k": 0.0,
    "drift.rail_rms_k": 0.0,
    "drift.pilots": 0,
    "rail_splitter.imbalance_rms_db": 0.0,
    "multiplier.coherence_length_m": 51.2,
    "multiplier.index_rms": 0.0,
    "multiplier.bypass_phase_rms_rad": 0.0,
    "multiplier.switch.trimmer.spread_rms_m": 0.0,
    "multiplier.drive_gain_rms": 0.0,
    "multiplier.shifter_gain_rms": 0.0,
    "multiplier.drive_inl_rms": 0.0,
    "multiplier.shifter.loss_db_per_m": 100.0,
    "multiplier.bend.loss_db": 0.002,
    "multiplier.switch.detuning_m": 4.5e-9,
    "receiver.hybrid.splitter.imbalance_rms_db": 0.0,
    "receiver.hybrid.coupler.imbalance_rms_db": 0.0,
    "receiver.hybrid.quadrature_rms_rad": 0.0,
    "receiver.hybrid.responsivity_rms": 0.0,
}
_ERROR_RATE = 1e-3
_VECTORS, _DRAWN, _ROWS = 1024, 1 << 16, 16
# Streamed vectors lie so near to the median loss, so that few classes of it need a law.
_WINDOW_DB = 0.5
# Devices must differ beyond all doubt, or equal dispersions would prove nothing.
_SPREAD_LEVEL = 1e-6


def device_spread(like: MachineConfig, devices: int = DEVICES) -> Finding:
    """Wrong readings of devices of one multiplier row for each modulus, in both fidelities.

    Args:
        like: machine whose moduli and mantissas are taken.
        devices: fabricated ones.
    """
    machine = powered(of_preset("robust", like, _CHANGES), _ERROR_RATE)
    key = NoiseKey.from_seed(12).fold("verify", "device spread")
    wrong: dict[int, list[tuple[Tensor, Tensor]]] = {m: [] for m in machine.moduli}
    for device in range(devices):
        chip = fabricate(machine.design, machine.moduli, machine.array_shape, device)
        operands = _operands(machine, key.fold("operands", device))
        channel, compact = (
            _wrong(machine, chip, f, operands, key.fold(f, device)) for f in ("channel", "compact")
        )
        for modulus, pairs in wrong.items():
            pairs.append((channel[modulus], compact[modulus]))
    return Finding(
        [
            spreads_alike(m, *(torch.stack(side) for side in zip(*pairs, strict=True)))
            for m, pairs in wrong.items()
        ]
    )


def spreads_alike(modulus: int, channel: Tensor, compact: Tensor) -> Check:
    """Both tests of wrong readings, boolean (D, N, M) each.

    The variance of a difference is that of means over vectors and over rows of drives, readings of
    either of which hang together, less what was counted twice; but never less than that over rows.
    Known from so few rows, it makes each device a case of Student's law, and not of the normal one.
    """
    devices, vectors, rows = compact.shape
    difference = channel.double() - compact.double()
    apart = difference.sum((1, 2))
    of_rows = rows * difference.sum(1).var(1)
    of_vectors = vectors * difference.sum(2).var(1)
    variance = of_rows + (of_vectors - vectors * rows * difference.flatten(1).var(1)).clamp(min=0)
    agreement = float(_as_normal(apart / variance.sqrt(), rows - 1).square().sum())
    counts = [x.sum((1, 2)).double() for x in (channel, compact)]
    index = [dispersion(x) for x in counts]
    both = counts[0] + counts[1]
    weight = both - both.mean()
    wider = float((apart * weight).sum() / (variance * weight.square()).sum().sqrt())
    by_chance = float(chi2.sf((devices - 1) * index[1], devices - 1))
    rho = float(torch.corrcoef(torch.stack(counts))[0, 1])
    detail = (
        f"variance over mean {index[0]:.2f} and {index[1]:.2f} over {devices} devices, "
        f"correlation {rho:.3f}, χ² {agreement:.0f}; {int(counts[1].sum()):,} errors"
    )
    point = {
        "modulus": modulus,
        "dispersion": index,
        "correlation": rho,
        "chi2": agreement,
        "wider_sigma": wider,
        "errors": [int(x.sum()) for x in counts],
    }
    p_values = float(chi2.sf(agreement, devices)), math.erfc(abs(wider) / math.sqrt(2.0))
    name = f"device spread, channel = compact, m = {modulus}"
    alike = "devices hardly differ" if by_chance > _SPREAD_LEVEL else ""
    return Check(name, compact.numel(), 0, detail, p_values, (point,), inconclusive=alike)


def _as_normal(ratio: Tensor, freedom: int) -> Tensor:
    """What is as rare of the normal law as ratios are of Student's."""
    return torch.from_numpy(norm.isf(t.sf(ratio.numpy(), freedom)))


def dispersion(counts: Tensor) -> float:
    """Index of dispersion: variance over mean, 1 for counts of independent rare events."""
    return float(counts.var() / counts.mean())


def _operands(machine: MachineConfig, key: NoiseKey) -> tuple[Tensor, Tensor]:
    """Streamed (N, J) and stationary (M, J) mantissas of normal numbers."""
    drawn = normal_mantissas(machine, key.fold("streamed"), _DRAWN)
    near = torch.ones(len(drawn), dtype=torch.bool)
    for modulus in machine.moduli:
        gain = gain_control(machine.design, modulus, machine.bfp.group_size)
        loss_db = gain.rail_loss_db(gain.code.digits(drawn.long()))
        near &= (loss_db - loss_db.median()).abs() <= _WINDOW_DB
    return drawn[near][:_VECTORS], normal_mantissas(machine, key.fold("stationary"), _ROWS)


def _wrong(
    machine: MachineConfig,
    chip: Chip,
    fidelity: str,
    operands: tuple[Tensor, Tensor],
    key: NoiseKey,
) -> dict[int, Tensor]:
    """Which readings (N, M) are wrong, by modulus."""
    core = TensorCore(machine, fidelity=fidelity, chip=chip)
    blocks = list(decided(core, *operands, key))
    dots, exact = (torch.cat(part) for part in zip(*blocks, strict=True))
    return {m: slips(dots, exact, m) != 0 for m in machine.moduli}
