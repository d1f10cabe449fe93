"""The public product: shapes, order of accumulation, special values, noise bookkeeping."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from circuits import ArrayShape, fabricate, load_chip, save_chip
from mirage_core import BfpFormat, TensorCore, load_machine
from photonics.errors import InputError
from tests.machines import ONE_UNIT


def ordered_reference(a: torch.Tensor, b: torch.Tensor, bfp: BfpFormat) -> torch.Tensor:
    """Step by step in Python: integer dots of each group, scaled, added in FP32 in order."""
    rows, columns = bfp.quantize(a), bfp.quantize(b.T.contiguous())
    total = torch.zeros(a.shape[0], b.shape[1])
    for g in range(rows.mantissa.shape[1]):
        dots = rows.mantissa[:, g].double() @ columns.mantissa[:, g].double().T
        exponent = rows.exponent[:, g, None] + columns.exponent[None, :, g]
        total = total + torch.ldexp(dots, exponent).float()
    return total


def tensors(kind: str) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    a = torch.randn(24, 200, generator=generator)
    b = torch.randn(200, 40, generator=generator)
    if kind == "heavy":
        a = a * torch.exp(4 * torch.randn(24, 200, generator=generator))
        b = b * torch.exp(4 * torch.randn(200, 40, generator=generator))
    if kind == "wide":
        a = a * 2.0 ** torch.randint(-70, 60, (24, 200), generator=generator)
        b = b * 2.0 ** torch.randint(-60, 50, (200, 40), generator=generator)
    if kind == "sparse":
        a = a * (torch.rand(24, 200, generator=generator) < 0.1)
        b[:32] = 0
    return a, b


@pytest.mark.parametrize("kind", ["gaussian", "heavy", "wide", "sparse"])
def test_accumulation_is_ordered_and_in_fp32(kind: str) -> None:
    a, b = tensors(kind)
    core = TensorCore("isca2024-ideal", fidelity="integer")
    assert torch.equal(core.matmul(a, b), ordered_reference(a, b, core.machine.bfp))


def test_order_of_accumulation_matters_on_heavy_tails() -> None:
    # Otherwise the test above would prove nothing about the order.
    a, b = tensors("wide")
    bfp = BfpFormat()
    forward = ordered_reference(a, b, bfp)
    short = a.shape[1] % 16
    flipped = ordered_reference(
        torch.cat(
            [
                a[:, -short:],
                torch.zeros(24, 16 - short),
                a[:, :-short].unflatten(1, (-1, 16)).flip(1).flatten(1),
            ],
            1,
        ),
        torch.cat(
            [
                b[-short:],
                torch.zeros(16 - short, 40),
                b[:-short].unflatten(0, (-1, 16)).flip(0).flatten(0, 1),
            ],
            0,
        ),
        bfp,
    )
    assert not torch.equal(forward, flipped)


@pytest.mark.parametrize("fidelity", ["integer", "compact", "field"])
def test_special_values_reach_what_depends_on_them_and_nothing_else(fidelity: str) -> None:
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(6, 20, generator=generator), torch.randn(20, 5, generator=generator)
    a[1, 3], a[2, 0], b[7, 4] = float("nan"), float("inf"), -float("inf")
    core = TensorCore(load_machine("robust", ONE_UNIT), fidelity=fidelity)
    product, expected = core.matmul(a, b), a @ b
    finite = torch.isfinite(expected)
    assert torch.equal(torch.isfinite(product), finite)
    assert torch.equal(product.isnan(), expected.isnan())
    assert torch.equal(product[product.isinf()], expected[expected.isinf()])
    clean = TensorCore(load_machine("robust", ONE_UNIT), fidelity="integer").matmul(
        a.nan_to_num(0, 0, 0), b.nan_to_num(0, 0, 0)
    )
    if fidelity == "integer":
        assert torch.equal(product[finite], clean[finite])


def test_noise_advances_by_itself_and_repeats_for_a_seed() -> None:
    machine = load_machine("robust", [*ONE_UNIT, "laser.power_w=2e-4"])
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(8, 64, generator=generator), torch.randn(64, 64, generator=generator)
    core, again = TensorCore(machine, seed=1), TensorCore(machine, seed=1)
    first, second = core.matmul(a, b), core.matmul(a, b)
    assert not torch.equal(first, second)
    assert torch.equal(again.matmul(a, b), first)
    assert torch.equal(again.matmul(a, b), second)
    with core.step(0):
        stepped = core.matmul(a, b)
    with again.step(0):
        assert torch.equal(again.matmul(a, b), stepped)
    with again.step(0, microbatch=1):
        assert not torch.equal(again.matmul(a, b), stepped)
    with again.step(0, training=False):
        assert not torch.equal(again.matmul(a, b), stepped)


def test_state_resumes_the_noise_and_the_ledger() -> None:
    machine = load_machine("robust", [*ONE_UNIT, "laser.power_w=2e-4"])
    a, b = torch.randn(8, 64), torch.randn(64, 64)
    core = TensorCore(machine)
    core.matmul(a, b)
    resumed = TensorCore(machine)
    resumed.load_state_dict(core.state_dict())
    assert torch.equal(resumed.matmul(a, b), core.matmul(a, b))
    assert resumed.ledger.as_dict() == core.ledger.as_dict()


def test_copies_share_the_core_and_pickles_leave_the_tables_behind() -> None:
    core = TensorCore(load_machine("robust", ONE_UNIT), seed=3)
    a, b = torch.randn(4, 16), torch.randn(16, 4)
    core.matmul(a, b)
    assert copy.deepcopy(core) is core
    again = pickle.loads(pickle.dumps(core))
    assert again._engine is None
    assert torch.equal(again.matmul(a, b), core.matmul(a, b))


def test_unknown_choices_are_refused() -> None:
    with pytest.raises(InputError, match="integer, compact, field"):
        TensorCore("robust", fidelity="optical")
    with pytest.raises(InputError, match="isca2024-ideal"):
        TensorCore("mirage")
    machine = load_machine("robust", ONE_UNIT)
    chip = fabricate(machine.design, (31, 32), ArrayShape(1, 8, 16), 0)
    with pytest.raises(InputError, match="33"):
        TensorCore(machine, chip=chip)
    wrong = fabricate(machine.design, machine.moduli, ArrayShape(1, 4, 16), 0)
    with pytest.raises(InputError, match="shape"):
        TensorCore(machine, chip=wrong)
    with pytest.raises(InputError, match="stationary"):
        TensorCore(machine, fidelity="integer").matmul(torch.eye(2), torch.eye(2), stationary="c")  # type: ignore[arg-type]


def test_a_chip_keeps_its_glass_and_takes_the_light_of_the_machine() -> None:
    bright = load_machine("robust", ONE_UNIT)
    dim = load_machine("robust", [*ONE_UNIT, "laser.power_w=2e-5"])
    a, b = torch.randn(8, 32), torch.randn(32, 50)
    own = TensorCore(bright)
    lent = TensorCore(bright, chip=replace(own.chip, design=dim.design))
    assert torch.equal(own.matmul(a, b), lent.matmul(a, b))
    assert lent.ledger.total.residue_error_rate < 0.01
    starved = TensorCore(dim, chip=own.chip)
    starved.matmul(a, b)
    assert starved.ledger.total.residue_error_rate > 0.1
    other = load_machine(
        "robust", [*ONE_UNIT, "multiplier.coherence_length_m=0.0166", "multiplier.index_rms=0"]
    )
    with pytest.raises(InputError, match="fabricated to another design"):
        TensorCore(bright, chip=TensorCore(other).chip)


def test_state_of_another_seed_is_refused() -> None:
    machine = load_machine("robust", ONE_UNIT)
    with pytest.raises(InputError, match="seed = 1"):
        TensorCore(machine, seed=2).load_state_dict(TensorCore(machine, seed=1).state_dict())


def test_a_chip_that_any_calibration_would_do_for_serves_no_stricter_machine(
    tmp_path: Path,
) -> None:
    size = ["array.units=1", "array.rows=2", "calibration.reads=1200"]
    strict = load_machine("robust", size)
    loose = strict.changed({"calibration.accept": "any", "calibration.trimmer.range_rad": 6.0})
    loose = loose.changed({"calibration.trimmer.bits": 12})
    save_chip(TensorCore(loose).chip, tmp_path / "any.chip")
    chip = load_chip(tmp_path / "any.chip")
    same = loose.changed({"calibration.accept": "good"})
    with pytest.raises(InputError, match=r"was calibrated with calibration\.accept=any"):
        TensorCore(same, chip=chip)
    assert TensorCore(loose, chip=chip).chip.trims
    # A raw chip has not been calibrated in any way.
    assert not TensorCore(same, chip=chip.with_trims({})).chip.trims


def test_a_chip_is_calibrated_for_all_moduli_or_for_none() -> None:
    machine = load_machine("robust", ["array.units=1", "array.rows=2"])
    chip = TensorCore(machine).chip
    part = chip.with_trims({29: chip.trims[29]})
    with pytest.raises(InputError, match=r"is calibrated, but not for moduli \[32, 33\]"):
        TensorCore(machine, chip=part)
