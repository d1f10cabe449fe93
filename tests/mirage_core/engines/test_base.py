"""Engines in the ideal limit, and what no cutting of the work may change."""

from __future__ import annotations

import pytest
import torch

from circuits import ArrayShape, fabricate
from circuits.chip.compiling import compile_chip
from mirage_core import TensorCore, load_machine
from mirage_core.engines import CompactEngine, FieldEngine, IntegerEngine
from mirage_core.engines.base import DotBlock
from photonics.random import NoiseKey
from tests.machines import HEATED, NOISY, RESTLESS, SMALL, together
from tests.mirage_core.engines.products import operands, plain_dots
from tests.tolerance import assert_uncorrelated


def gather(blocks: list[DotBlock], shape: tuple[int, int, int]) -> torch.Tensor:
    dots = torch.full(shape, torch.iinfo(torch.int64).min)
    for block in blocks:
        dots[:, block.vectors, block.rows] = block.dots.long()
    return dots


@pytest.mark.parametrize("moduli", ["[31, 32, 33]", "[29, 32, 33]", "[63, 64, 65]"])
def test_all_fidelities_return_the_integers_in_the_ideal_limit(moduli: str) -> None:
    machine = load_machine("isca2024-ideal", [*SMALL, f"moduli={moduli}"])
    chip = fabricate(machine.design, machine.moduli, machine.array_shape, 0)
    o = operands(3, 19, 37)
    exact = plain_dots(o)
    key = NoiseKey.from_seed(0)
    for engine in (
        IntegerEngine(machine.moduli_set),
        CompactEngine(compile_chip(chip), machine.moduli_set),
        FieldEngine(chip, machine.moduli_set),
    ):
        blocks = list(engine.blocks(o, key))
        assert torch.equal(gather(blocks, (3, 37, 19)), exact)
        assert sum(sum(b.errors.values()) + b.wrong for b in blocks) == 0


def test_float_products_agree_bit_for_bit_in_the_ideal_limit() -> None:
    generator = torch.Generator().manual_seed(1)
    heavy = torch.exp(4 * torch.randn(20, 50, generator=generator))
    a = torch.randn(20, 50, generator=generator) * heavy
    b = torch.randn(50, 30, generator=generator)
    machine = load_machine("isca2024-ideal", SMALL)
    integer, compact, field = (
        TensorCore(machine, fidelity=f).matmul(a, b) for f in ("integer", "compact", "field")
    )
    assert torch.equal(integer, compact)
    assert torch.equal(integer, field)


@pytest.mark.parametrize("extra", [[], RESTLESS, HEATED], ids=["settled", "restless", "heated"])
def test_decided_residues_do_not_depend_on_tiling_or_threads(
    monkeypatch: pytest.MonkeyPatch, extra: list[str]
) -> None:
    import mirage_core.engines.compact as compact

    machine = load_machine("robust", together(NOISY, extra))
    generator = torch.Generator().manual_seed(3)
    # Rows of several tiles, and groups that are not full.
    a = torch.randn(20, 38, generator=generator)
    b = torch.randn(38, 30, generator=generator)
    whole = TensorCore(machine, seed=4).matmul(a, b)
    with monkeypatch.context() as patch:
        for name, size in (("_BLOCK_READOUTS", 700), ("_BLOCK_TABLE", 3000)):
            patch.setattr(compact, name, size)
            assert torch.equal(TensorCore(machine, seed=4).matmul(a, b), whole)
    threads = torch.get_num_threads()
    try:
        for count in (1, 3):
            torch.set_num_threads(count)
            assert torch.equal(TensorCore(machine, seed=4).matmul(a, b), whole)
    finally:
        torch.set_num_threads(threads)
    assert not torch.equal(TensorCore(machine, seed=5).matmul(a, b), whole)


@pytest.mark.parametrize("fidelity", ["compact", "field"])
@pytest.mark.parametrize("shape", [(12, 40), (12, 3, 40), (12, 2, 3, 40)])
def test_a_split_batch_reads_the_same_as_the_whole(fidelity: str, shape: tuple[int, ...]) -> None:
    machine = load_machine("robust", [*NOISY, "bfp.rounding=stochastic"])
    generator = torch.Generator().manual_seed(5)
    weight = torch.randn(10, 40, generator=generator)
    batch = torch.randn(shape, generator=generator)
    core = TensorCore(machine, fidelity=fidelity)
    with core.step(3):
        whole = core.matmul(batch, weight.T, stationary="b")
    parts = []
    for part in (slice(0, 5), slice(5, 12)):
        with core.step(3, row_offset=part.start):
            parts.append(core.matmul(batch[part], weight.T, stationary="b"))
    assert torch.equal(torch.cat(parts), whole)


def test_a_split_batch_of_products_reads_the_same_as_the_whole() -> None:
    generator = torch.Generator().manual_seed(5)
    a = torch.randn(6, 2, 8, 40, generator=generator)
    b = torch.randn(6, 2, 40, 9, generator=generator)
    core = TensorCore(load_machine("robust", NOISY))
    with core.step(3):
        whole = core.matmul(a, b)
    parts = []
    for part in (slice(0, 2), slice(2, 6)):
        with core.step(3, row_offset=part.start):
            parts.append(core.matmul(a[part], b[part]))
    assert torch.equal(torch.cat(parts), whole)


def test_arrays_of_different_moduli_are_different_glass() -> None:
    chip = fabricate(
        load_machine("isca2024", ["multiplier.index_rms=0"]).design,
        (31, 32),
        ArrayShape(2, 8, 16),
        0,
    )
    a, b = chip.fabricated[31].statics, chip.fabricated[32].statics
    assert_uncorrelated(a.shifter_phase_rad, b.shifter_phase_rad)
    assert_uncorrelated(a.bypass_phase_rad, b.bypass_phase_rad)
    assert_uncorrelated(a.shifter_phase_rad, a.bypass_phase_rad)
    assert_uncorrelated(a.shifter_phase_rad[..., 0], a.shifter_phase_rad[..., 1])


@pytest.mark.parametrize("fidelity", ["integer", "compact", "field"])
def test_reduced_precision_around_a_product_does_not_touch_it(fidelity: str) -> None:
    machine = load_machine("robust", NOISY)
    generator = torch.Generator().manual_seed(3)
    a = torch.randn(10, 38, generator=generator)
    b = torch.randn(38, 12, generator=generator)
    plain = TensorCore(machine, fidelity=fidelity)
    expected = plain.matmul(a, b)
    before = torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision("medium")
        around = TensorCore(machine, fidelity=fidelity)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert torch.equal(around.matmul(a, b), expected)
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(before)
    assert around.ledger.as_dict() == plain.ledger.as_dict()
