"""Single readouts by the kernels, and what they leave to the reference."""

from __future__ import annotations

import pytest
import torch

from mirage_core.engines import Operands
from mirage_core.engines.placement import Placement
from mirage_core.native.blocks import quantize
from mirage_core.native.screen import ScreenedProduct
from photonics.random import NoiseKey
from tests.mirage_core.native.kernels import INSTRUCTIONS, normal, pair

KEY = NoiseKey.from_seed(9)


@pytest.mark.parametrize("instructions", INSTRUCTIONS)
@pytest.mark.parametrize("power_w", [3e-3, 3e-5])
def test_readouts_are_decided_as_by_the_reference(power_w: float, instructions: str) -> None:
    """At the lower power all cells are met, and codes beyond the full scale."""
    dark = ["calibration.accept=any", f"laser.power_w={power_w}"]
    core, reference = pair("robust", *dark, instructions=instructions)
    native = core._native
    assert native is not None
    a, b = normal(11, 40, 7)
    w, x = quantize(native.kernels, native.bfp, a), quantize(native.kernels, native.bfp, b.T)
    assert w is not None
    assert x is not None
    product = ScreenedProduct(w, x, Placement(core.compiled.shape), 5)
    operands = Operands(w.mantissa, x.mantissa, native.bfp.max_dot, 5)
    generator = torch.Generator().manual_seed(0)
    groups, vectors, rows = operands.groups, operands.vectors, operands.rows
    places = torch.stack(
        [torch.randint(n, (60,), generator=generator) for n in (groups, vectors, rows)], 1
    )
    for screen in native._screens:
        found = product.read(screen, KEY, None, places)
        modulus = screen.screening.modulus
        expected = [
            reference.engine.read_one(modulus, operands, KEY, *place)  # type: ignore[attr-defined]
            for place in places.tolist()
        ]
        assert found.tolist() == expected


def test_what_is_left_open_is_decided_by_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels that leave every readout open give the products of the reference all the same."""
    fast, slow = pair("robust", "laser.power_w=2e-3")
    a, b = normal(9, 20, 6)
    real = ScreenedProduct.screened

    def left_open(self, screen, key, now, first):  # type: ignore[no-untyped-def]
        found, evaluated = real(self, screen, key, now, first)
        found[:, 3] = -1
        return found, evaluated

    monkeypatch.setattr(ScreenedProduct, "screened", left_open)
    with fast.step(0), slow.step(0):
        assert torch.equal(fast.matmul(a, b), slow.matmul(a, b))
    assert fast.ledger.total.handed_back > 0
