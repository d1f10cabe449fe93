"""Arguments of the wrong type: each is refused in one line that names it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from circuits import (
    ArrayShape,
    Chip,
    LinkBudget,
    ModularArray,
    ModularDotProduct,
    OracleController,
    RowPosition,
    TimeDomainDotProduct,
    Workload,
    bring_up,
    calibrate,
    compile_chip,
    drifted,
    error_budget,
    fabricate,
    ideal_design,
    load_chip,
    load_compiled,
    operand_settings,
    row_netlist,
    row_timing,
    save_chip,
    save_compiled,
    tracked,
)
from devices import HeaterCoupling, ThermalCrosstalk, part
from mirage_core import (
    BfpFormat,
    FormatCore,
    ModuliSet,
    RedundantCode,
    TensorCore,
    convert,
    load_machine,
    report,
    revert,
)
from mirage_core.training.datasets import load_dataset
from mirage_core.training.networks import build_network
from mirage_core.training.recipe import Recipe
from photonics.errors import InputError
from photonics.random import NoiseKey

DESIGN, SHAPE = ideal_design(), ArrayShape(1, 1, 2)
CHIP = fabricate(DESIGN, (5,), SHAPE, seed=0)
X = torch.tensor([1, 2])
ROW = ModularDotProduct(5, 2)
ARRAY = ModularArray.of(CHIP, 5)
NORMALS = NoiseKey.from_seed(0).normal(0, 5)
PRODUCT = ARRAY.read(X[None], X[None])
WORK = Workload(X[None], X[None, None], torch.tensor([0]))
STOCHASTIC = BfpFormat(group_size=2, rounding="stochastic")
DIGITS = load_dataset("digits")
MACHINE = load_machine("isca2024-ideal", ["array.units=1", "array.rows=1"])

NO_INTEGERS: list[Any] = [1.0, True, np.float64(2), "1", None, (1,), torch.tensor(1.5)]
NO_SEEDS: list[Any] = [*NO_INTEGERS, -1, 2**64]
NO_KEYS: list[Any] = [0, "key", b"0123456789abcdef", torch.Generator(), 1.5]
NO_PATHS: list[Any] = [None, 3, ("chip",), CHIP]
NO_MODELS: list[Any] = [None, 3, torch.nn.Linear, {}]
NO_CHIPS: list[Any] = ["chip.mirage", Path("chip.mirage"), {}, 3, DESIGN]

NO_POWERS: list[Any] = [None, "1", True, 1j, (1,), 0.0, float("nan")]
NO_MATRICES: list[Any] = [
    None,
    3,
    "k.xyz",
    [1.0, 2.0],
    [[1.0, True], [0.0, 1.0]],
    [[1.0, 1j], [0.0, 1.0]],
    [["1"]],
    [[1.0], [0.0, 1.0]],
    [],
    np.eye(2, dtype=complex),
    np.eye(2, dtype=bool),
    np.ones(2),
    torch.eye(2, dtype=torch.complex64),
    torch.eye(2, dtype=torch.bool),
    torch.ones(2),
]

# What takes an argument, the name of the argument, and what it must refuse.
CALLS: dict[str, tuple[Callable[[Any], Any], str, list[Any]]] = {
    "seed of a key": (NoiseKey.from_seed, "seed", NO_SEEDS),
    "start of numbers": (lambda v: NoiseKey.from_seed(0).uniform(v, 2), "start", NO_INTEGERS),
    "count of numbers": (
        lambda v: NoiseKey.from_seed(0).normal(0, v),
        "count",
        [*NO_INTEGERS, -1],
    ),
    "count of pairs": (
        lambda v: NoiseKey.from_seed(0).normal_pairs(0, v),
        "count",
        [*NO_INTEGERS, -1],
    ),
    "fold": (NoiseKey.from_seed(0).fold, "key", [1.5, None, (1,)]),
    "digest": (NoiseKey, "digest", [1, "key", b"short"]),
    "seed of a core": (lambda v: TensorCore(MACHINE, seed=v), "seed", NO_SEEDS),
    "seed of a format": (lambda v: FormatCore("fp32", seed=v), "seed", NO_SEEDS),
    "seed of a chip": (lambda v: fabricate(DESIGN, (5,), SHAPE, v), "seed", NO_SEEDS),
    "seed of a chip brought up": (lambda v: bring_up(DESIGN, (5,), SHAPE, v), "seed", NO_SEEDS),
    "seed of a network": (lambda v: build_network("mlp", DIGITS, v), "seed", NO_SEEDS),
    "seed of a machine": (lambda v: MACHINE.changed({"chip_seed": v}), "chip_seed", NO_SEEDS),
    "seed of a training": (lambda v: Recipe(seed=v), "seed", NO_SEEDS),
    "machine": (lambda v: TensorCore(v), "machine", [None, 3, DESIGN, {}, CHIP]),
    "chip of a core": (lambda v: TensorCore(MACHINE, chip=v), "chip", NO_CHIPS),
    "errors": (
        lambda v: TensorCore(MACHINE, fidelity="integer", errors=v),
        "errors",
        [0.1, {"probability": 0.1}],
    ),
    "number format": (lambda v: FormatCore(v), "number_format", [None, 3, torch.float32]),
    "moduli": (
        ModuliSet,
        "moduli",
        [31, None, "31", b"31", (31.0, 32), ["31"], (True, 3), {5: 1.0}.values()],
    ),
    "moduli of a chip": (
        lambda v: fabricate(DESIGN, v, SHAPE, 0),
        "modul(i|us)",
        [5, "5", (5.0,), None, np.array([5.0])],
    ),
    "design of a chip": (
        lambda v: fabricate(v, (5,), SHAPE, 0),
        "design",
        [None, "robust", MACHINE],
    ),
    "shape": (lambda v: fabricate(DESIGN, (5,), v, 0), "shape", [(1, 1, 2), None, 4]),
    "units": (lambda v: ArrayShape(v, 1, 1), "array.units", [*NO_INTEGERS, 0, -1]),
    "modulus": (lambda v: ModularDotProduct(v, 2), "modulus", [*NO_INTEGERS, 1, 1 << 15]),
    "length": (lambda v: ModularDotProduct(5, v), "length", [*NO_INTEGERS, 0]),
    "design": (
        lambda v: ModularDotProduct(5, 2, design=v),
        "design",
        ["robust", {}, CHIP, MACHINE],
    ),
    "chip": (lambda v: ModularDotProduct(5, 2, chip=v), "chip", NO_CHIPS),
    "modulus of a link": (lambda v: LinkBudget(DESIGN, v, 2), "modulus", [*NO_INTEGERS, 1, 0, -5]),
    "length of a link": (lambda v: LinkBudget(DESIGN, 5, v), "length", [*NO_INTEGERS, 0, -1]),
    "design of a link": (lambda v: LinkBudget(v, 5, 2), "design", [None, "robust", CHIP]),
    "length of a time": (lambda v: row_timing(DESIGN, 5, v), "length", [*NO_INTEGERS, 0, -1]),
    "position": (
        lambda v: ModularDotProduct(5, 2, chip=CHIP, position=v),
        "position",
        [(0, 0), 0, "first"],
    ),
    "row": (
        lambda v: ModularDotProduct(5, 2, chip=CHIP, position=RowPosition(0, v)),
        "position.row",
        [*NO_INTEGERS, 1, -1],
    ),
    "key of a reading": (lambda v: ROW.read(X, X, key=v), "key", NO_KEYS),
    "x": (lambda v: ROW.read(v, X), "x", [[1, 2], np.array([1, 2]), None, X.float()]),
    "row of a netlist": (lambda v: row_netlist(v, X, X), "unit", [None, "row", CHIP]),
    "operand of a netlist": (lambda v: row_netlist(ROW, X, v), "w", [[1, 2], None, X.float()]),
    "row of settings": (lambda v: operand_settings(v, X, X), "unit", [None, "row", CHIP]),
    "chip of an array": (lambda v: ModularArray.of(v, 5), "chip", NO_CHIPS),
    "modulus of an array": (lambda v: ModularArray.of(CHIP, v), "modulus", [*NO_INTEGERS, 1]),
    "modulus of a budget": (lambda v: error_budget(CHIP, v, WORK), "modulus", [*NO_INTEGERS, 1]),
    "modulus in time": (lambda v: TimeDomainDotProduct(v, 2), "modulus", [*NO_INTEGERS, 1]),
    "length in time": (lambda v: TimeDomainDotProduct(5, v), "length", [*NO_INTEGERS, 0]),
    "design in time": (
        lambda v: TimeDomainDotProduct(5, 2, v),
        "design",
        ["robust", {}, CHIP, MACHINE],
    ),
    "chip in time": (lambda v: TimeDomainDotProduct(5, 2, chip=v), "chip", NO_CHIPS),
    "sampling delay": (
        lambda v: TimeDomainDotProduct(5, 2, sampling_delay_s=v),
        "sampling_delay_s",
        ["a", True, (1,), 1j, -1.0],
    ),
    "unit of an array": (lambda v: ModularArray.of(CHIP, 5, v), "position.unit", NO_INTEGERS),
    "key of an array": (lambda v: ARRAY.read(X[None], X[None], key=v), "key", NO_KEYS),
    "calibrated chip": (calibrate, "chip", [None, *NO_CHIPS]),
    "drifted chip": (drifted, "chip", [None, *NO_CHIPS]),
    "tracked chip": (tracked, "chip", [None, *NO_CHIPS]),
    "key of rounding": (lambda v: STOCHASTIC.quantize(torch.ones(2), v), "key", [None, *NO_KEYS]),
    "numbers to round": (STOCHASTIC.quantize, "x", [[1.0], np.ones(2), None]),
    "step": (TensorCore(MACHINE).step, "number", [-1, *NO_INTEGERS]),
    "microbatch": (
        lambda v: TensorCore(MACHINE).step(0, microbatch=v),
        "microbatch",
        [-1, *NO_INTEGERS],
    ),
    "time of a step": (
        lambda v: TensorCore(MACHINE).step(0, time_step=v),
        "time_step",
        [-1, True, "2", 1.5],
    ),
    "mantissa bits": (
        lambda v: BfpFormat(mantissa_bits=v),
        "mantissa_bits",
        [True, "4", 4.5, None, (4,), np.float64(4.5)],
    ),
    "chip to save": (lambda v: save_chip(v, "chip.mirage"), "chip", [None, *NO_CHIPS]),
    "path of a chip": (lambda v: save_chip(CHIP, v), "path", NO_PATHS),
    "path to a chip": (load_chip, "path", NO_PATHS),
    "chip to compile": (compile_chip, "chip", [None, *NO_CHIPS]),
    "compiled chip": (lambda v: save_compiled(v, "chip.mirage"), "chip", [None, CHIP, *NO_CHIPS]),
    "path to a compiled chip": (load_compiled, "path", NO_PATHS),
    "design to bring up": (
        lambda v: bring_up(v, (5,), SHAPE, 0),
        "design",
        [None, "robust", MACHINE, CHIP],
    ),
    "chip of a budget": (lambda v: error_budget(v, 5, WORK), "chip", [None, *NO_CHIPS]),
    "workload": (lambda v: error_budget(CHIP, 5, v), "work", [None, (X, X), 3]),
    "streamed": (lambda v: Workload(v, WORK.drives, WORK.unit), "streamed", [3, X, X[None] * 1.0]),
    "design of a time": (lambda v: row_timing(v, 5, 2), "design", [None, "robust", MACHINE]),
    "residual": (OracleController, "residual_rad", ["1e-3", None, -1.0, float("nan")]),
    "preset": (load_machine, "preset", [None, 3, MACHINE, ("robust",)]),
    "overrides": (
        lambda v: load_machine("robust", v),
        "overrides",
        [3, "laser.power_w=1", None, [3], [None], [b"laser.power_w=1"], {3: 1}, {None: 1}],
    ),
    "changes": (MACHINE.changed, "changes", [None, 3, {3: 1}, ["laser.power_w=1"]]),
    "changes of a part": (DESIGN.changed, "changes", [None, 3, {3: 1}, ["clock_hz=1"]]),
    "model": (lambda v: convert(v, FormatCore("fp32")), "model", NO_MODELS),
    "model to revert": (revert, "model", NO_MODELS),
    "model of a report": (report, "model", NO_MODELS),
    "format of a range": (
        ModuliSet((31, 32, 33)).check_range,
        "bfp",
        [None, 4, "bfp4", {"mantissa_bits": 4}, BfpFormat],
    ),
    "moduli of a code": (lambda v: RedundantCode(v, 7), "moduli", [None, (3, 5), "3"]),
    "limit of a code": (lambda v: RedundantCode(ModuliSet((3, 5)), v), "limit", NO_INTEGERS),
    "crosstalk": (lambda v: ThermalCrosstalk(v, 1e-3), r"matrix(\[.*\])?", NO_MATRICES),
    "measured crosstalk": (
        lambda v: HeaterCoupling(measured=v),
        r"measured(\[.*\]|\.path)?",
        NO_MATRICES[1:],
    ),
    "power of heaters": (lambda v: ThermalCrosstalk(np.eye(2), v), "p_pi_w", NO_POWERS),
    "kind of a part": (lambda v: part("cheng-2019", v), "kind", ["RingSwitch", 3, int]),
    "operand": (lambda v: TensorCore(MACHINE).matmul(v, X), "a", [[1.0], np.ones(2), None]),
}


@pytest.mark.parametrize("name", CALLS)
def test_wrong_types_get_a_line(name: str) -> None:
    call, field, refused = CALLS[name]
    for value in refused:
        with pytest.raises(InputError, match=rf"^{field} = .*: ") as error:
            call(value)
        assert "\n" not in str(error.value)
        assert len(str(error.value)) < 200


@pytest.mark.parametrize("name", [n for n, (*_, refused) in CALLS.items() if refused is NO_SEEDS])
def test_all_seeds_have_one_rule(name: str) -> None:
    call, field, _ = CALLS[name]
    for value in (-1, 2**64, 1.0):
        with pytest.raises(InputError) as error:
            call(value)
        assert str(error.value) == f"{field} = {value}: must be a whole number from 0 to 2^64 - 1"
    call(2**64 - 1)


def same_chip(one: Chip, two: Chip) -> bool:
    return one.shape == two.shape and torch.equal(
        one.fabricated[5].splitter_db, two.fabricated[5].splitter_db
    )


@pytest.mark.parametrize("kind", [np.int8, np.int64, np.uint8, np.uint64])
def test_integers_of_numpy_are_integers(kind: Callable[[int], Any]) -> None:
    assert NoiseKey.from_seed(kind(7)) == NoiseKey.from_seed(7)
    assert NoiseKey.from_seed(0).fold(kind(3)) == NoiseKey.from_seed(0).fold(3)
    assert torch.equal(NoiseKey.from_seed(0).normal(kind(3), kind(2)), NORMALS[3:5])
    assert torch.equal(ModularArray.of(CHIP, kind(5), kind(0)).read(X[None], X[None]), PRODUCT)
    assert error_budget(CHIP, kind(5), WORK) == error_budget(CHIP, 5, WORK)
    assert ArrayShape(kind(1), kind(1), kind(2)) == SHAPE
    assert type(ArrayShape(kind(1), 1, 1).units) is int
    assert same_chip(fabricate(DESIGN, np.array([5], dtype=kind), SHAPE, kind(0)), CHIP)
    assert type(fabricate(DESIGN, [kind(5)], SHAPE, kind(0)).seed) is int
    row = ModularDotProduct(kind(5), kind(2), chip=CHIP, position=RowPosition(kind(0), kind(0)))
    assert int(row.read(X, X)) == 0
    assert LinkBudget(DESIGN, kind(5), kind(2)) == LinkBudget(DESIGN, 5, 2)
    assert ModuliSet(np.array([3, 5, 7], dtype=kind)).moduli == (3, 5, 7)
    assert ModuliSet(kind(m) for m in (3, 5, 7)) == ModuliSet(iter([3, 5, 7]))
    assert type(TensorCore(MACHINE, seed=kind(4)).seed) is int
    assert BfpFormat(mantissa_bits=kind(4)) == BfpFormat()


@pytest.mark.parametrize(
    "matrix",
    [
        np.array([[1.0, 0.25], [0.125, 1.0]]),
        np.array([[1.0, 0.25], [0.125, 1.0]], dtype=np.float32)[::-1, ::-1].T[::-1, ::-1].T,
        torch.tensor([[1.0, 0.25], [0.125, 1.0]], dtype=torch.bfloat16),
        [[1, 0.25], (np.float32(0.125), np.int64(1))],
        [np.array([1.0, 0.25]), torch.tensor([0.125, 1.0])],
    ],
)
def test_matrices_of_any_library_are_matrices(matrix: Any) -> None:
    expected = torch.tensor([[1.0, 0.25], [0.125, 1.0]], dtype=torch.float64)
    assert torch.equal(ThermalCrosstalk(matrix, 1e-3).matrix, expected)
    coupling = HeaterCoupling(measured=matrix)
    assert torch.equal(coupling.matrix(torch.eye(2)), expected)


def test_a_core_without_a_name_computes() -> None:
    assert TensorCore().machine == load_machine("robust")
