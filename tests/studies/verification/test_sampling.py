"""Operands and readouts of the checks, counted another way."""

from __future__ import annotations

import math

import pytest
import torch

from mirage_core.core.tensor_core import TensorCore
from mirage_core.engines.probe import Probe
from photonics.random import NoiseKey
from studies.verification.sampling import (
    Readouts,
    decided,
    mantissas,
    observe,
    operands,
    slips,
)
from tests.mirage_core.helpers import noisy_core
from tests.tolerance import Z

KEY = NoiseKey.from_seed(17)


def test_mantissas_are_uniform_to_both_ends() -> None:
    drawn = mantissas(KEY, 7, 300, 500)
    assert drawn.dtype == torch.int16
    counts = torch.bincount((drawn.long() + 7).flatten(), minlength=15)
    assert len(counts) == 15
    # Each is binomial: n p (1 - p).
    allowed = Z * math.sqrt(150_000 * 14) / 15
    assert float((counts - 10_000).abs().max()) < allowed


@pytest.mark.parametrize("modulus", [32, 33])
def test_a_slip_is_the_nearest_way_round(modulus: int) -> None:
    off = torch.arange(-3 * modulus, 3 * modulus + 1)
    found = slips(100 + off, torch.full_like(off, 100), modulus)
    assert bool(((off - found) % modulus == 0).all())
    assert (int(found.min()), int(found.max())) == (-(modulus // 2), (modulus - 1) // 2)


def test_phases_are_off_by_what_they_were_turned() -> None:
    exact = torch.tensor([[0, 5, 31], [-7, 40, 100]])
    turned = torch.tensor([[0.1, -0.2, 3.0], [-3.0, 0.0, 1.0]], dtype=torch.float64)
    phase = 2 * math.pi / 31 * exact + turned
    sample = torch.stack([0.3 * phase.cos(), 0.3 * phase.sin()]).flatten(1)
    probe = Probe(samples={31: torch.cat([sample, torch.zeros(2, 6)])})
    found = Readouts(exact, exact, probe).phase_error_rad(31)
    # Probes keep FP32.
    torch.testing.assert_close(found, turned, rtol=0, atol=3e-6)


def test_readouts_are_held_against_the_exact_products() -> None:
    core = noisy_core()
    streamed, stationary = operands(core, KEY, 40, core.machine.array.rows)
    seen = observe(core, streamed, stationary, KEY)
    assert torch.equal(seen.exact, streamed.long() @ stationary.long().T)
    for modulus in core.machine.moduli:
        wrong = torch.remainder(seen.dots - seen.exact, modulus) != 0
        assert wrong.any()
        assert torch.equal(seen.slips(modulus) != 0, wrong)


def test_light_is_looked_at_where_there_is_any() -> None:
    exact = TensorCore("isca2024-ideal", fidelity="integer")
    streamed, stationary = operands(exact, KEY, 5, 4)
    seen = observe(exact, streamed, stationary, KEY)
    assert torch.equal(seen.dots, seen.exact)
    assert not seen.probe.samples
    ((dots, right),) = decided(exact, streamed, stationary, KEY)
    assert torch.equal(dots, right)
    lit = noisy_core()
    streamed, stationary = operands(lit, KEY, 5, lit.machine.array.rows)
    seen = observe(lit, streamed, stationary, KEY)
    in_phase, quadrature = seen.quadratures(lit.machine.moduli[0])
    assert in_phase.shape == quadrature.shape == (5, lit.machine.array.rows)
    with pytest.raises(AssertionError, match="one array"):
        observe(lit, streamed, stationary.repeat(2, 1), KEY)
