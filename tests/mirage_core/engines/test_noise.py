"""Which readouts share their noise, and which have it to themselves."""

from __future__ import annotations

import math

import pytest
import torch

from circuits.receiver.by_design import gain_control, symbol_memory
from mirage_core import TensorCore, load_machine
from tests.machines import SMALL
from tests.tolerance import assert_uncorrelated, assert_variance


def quiet_phase(fidelity: str, groups: int, rows: int, vectors: int) -> dict[int, torch.Tensor]:
    """Q of readouts that should all be zero, (G, n, m) by modulus: nothing but receiver noise."""
    machine = load_machine(
        "isca2024-ideal", ["array.units=2", "array.rows=8", "receiver.tia.noise_a_per_rthz=1e-3"]
    )
    core = TensorCore(machine, fidelity=fidelity)
    with core.probe(limit=10**9) as probe:
        core.matmul(torch.zeros(rows, 16 * groups), torch.zeros(16 * groups, vectors))
    order = (groups, vectors, rows)
    if fidelity == "field":
        # Block by block of rows.
        blocks = rows // 8
        return {
            m: torch.cat(s[1].view(blocks, groups, vectors, 8).unbind(), dim=-1)
            for m, s in probe.samples.items()
        }
    return {m: s[1].view(order) for m, s in probe.samples.items()}


@pytest.mark.parametrize("fidelity", ["compact", "field"])
def test_every_readout_has_noise_of_its_own(fidelity: str) -> None:
    noise = quiet_phase(fidelity, groups=3, rows=16, vectors=300)
    first = noise[31]
    assert float(first.std()) > 0
    for other in (noise[32], noise[33]):
        assert_uncorrelated(first, other)
    assert_uncorrelated(first[0], first[1])
    assert_uncorrelated(first[1], first[2])
    assert_uncorrelated(first[..., :8], first[..., 8:])
    assert_uncorrelated(first[..., 0], first[..., 1])
    assert_uncorrelated(first[:, :-1], first[:, 1:])


def test_items_of_a_batch_and_products_of_a_step_have_noise_of_their_own() -> None:
    machine = load_machine("isca2024-ideal", [*SMALL, "receiver.tia.noise_a_per_rthz=1e-3"])
    core = TensorCore(machine)
    with core.step(0), core.probe(limit=10**9) as probe:
        core.matmul(torch.zeros(2, 8, 16), torch.zeros(2, 16, 500))
        core.matmul(torch.zeros(8, 16), torch.zeros(16, 500))
    parts = probe.samples[31][1].view(3, -1)
    assert_uncorrelated(parts[0], parts[1])
    assert_uncorrelated(parts[0], parts[2])


def test_rows_of_an_array_share_the_laser() -> None:
    # Intensity noise alone: all rows of a symbol scale alike, and symbols differ.
    bandwidth_hz = 2e7 / math.pi
    noisy = [
        "laser.power_w=1.0",
        "laser.rin_db_per_hz=-100",
        f"receiver.tia.bandwidth_hz={bandwidth_hz}",
    ]
    core = TensorCore(load_machine("isca2024-ideal", [*SMALL, *noisy]))
    machine = core.machine
    a, b = torch.ones(8, 16), torch.ones(16, 500)
    with core.probe(limit=10**9) as probe:
        core.matmul(a, b)
    # Shot noise of half a watt over 10 MHz, in the difference of two rows; FP32 beside it.
    amplitude_a = 1.1 * machine.design.laser.power_w / 2
    shot = math.sqrt(2 * 1.602176634e-19 * 1e7 / amplitude_a)
    allowed = 6 * math.sqrt(2) * shot + 2e-6
    for modulus in machine.moduli:
        sample = probe.samples[modulus]
        radius = torch.hypot(sample[0], sample[1]).view(500, 8)
        relative = radius / radius.mean()
        assert float((relative - relative[:, :1]).abs().max()) < allowed
        spread = float(relative[:, 0].std())
        # One pole: noise bandwidth π/2 of the bandwidth, 10 MHz; 1e-10 / Hz over it is 3.2 % rms,
        # known to 1/sqrt(2·500) of itself.
        assert abs(spread / math.sqrt(1e-10 * 1e7) - 1) < 5 / math.sqrt(2 * 500)


@pytest.mark.parametrize("fidelity", ["compact", "field"])
def test_shot_noise_of_symbols_that_do_not_settle_is_that_of_their_own_light(
    fidelity: str,
) -> None:
    # Bright and dark symbols by turns, phase 0, and no noise but the light's own.
    bandwidth_hz, vectors = 1.2e9, 3000
    dim = ["laser.power_w=1e-6", "multiplier.bend.loss_db=0.1"]
    slow = [f"receiver.tia.bandwidth_hz={bandwidth_hz}", "receiver.memory=filtered"]
    machine = load_machine("isca2024-ideal", [*SMALL, *dim, *slow, "clock_hz=1.5e9"])
    assert symbol_memory(machine.design).depth > 1
    core = TensorCore(machine, fidelity=fidelity)
    streamed = torch.tensor([15.0, 0.0]).repeat(vectors // 2)
    with core.probe(limit=10**9) as probe:
        core.matmul(torch.zeros(8, 16), streamed.expand(16, -1))
    # The amplifier and the photodiodes: π/2 of what two poles let through one after the other.
    poles_hz = bandwidth_hz, machine.design.receiver.photodiode.bandwidth_hz
    noise_hz = math.pi / 2 / sum(1 / pole_hz for pole_hz in poles_hz)
    for modulus in machine.moduli:
        gain = gain_control(machine.design, modulus, 16)
        bits = gain.code.digits(torch.tensor([15, 0])[:, None].expand(2, 16))
        power_w = sum(gain.arriving_w(gain.rail_loss_db(bits)))
        # 2 q R P/2 B of each pair, over a full scale that is fixed.
        density = 1.602176634e-19 * machine.design.receiver.photodiode.responsivity_a_per_w
        variance_a2 = density * power_w * noise_hz
        bright, dark = (variance_a2 / gain.full_scale_a(bits).square()).tolist()
        assert bright > 4.0 * dark
        quadrature = probe.samples[modulus][1].view(vectors, 8)
        assert_variance(quadrature[0::2], bright)
        assert_variance(quadrature[1::2], dark)
