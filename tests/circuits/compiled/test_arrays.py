"""A compiled chip reads what the chip reads, and knows nothing of what it was compiled from."""

from __future__ import annotations

import copy
import json
import math
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from circuits import CompiledChip, ModularArray, compile_chip, load_compiled, save_compiled
from mirage_core import ModuliSet, TensorCore, load_machine
from mirage_core.engines.base import Operands
from mirage_core.engines.compact import CompactEngine
from mirage_core.engines.field import FieldEngine
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.machines import of_size

SIZE = of_size(units=2, rows=3)
# What each adds to a compiled chip: trims and hybrids; heat; memory; transitions; one rail alone.
MACHINES = {
    "robust": ("robust", []),
    "heated": ("thermo-optic", []),
    "unsettled": ("isca2024", []),
    "bent": ("robust", ["receiver.adc_inl_rms_lsb=0.3", "receiver.stage.step_db=1"]),
    "ideal": ("isca2024-ideal", []),
    "single": (
        "robust",
        ["multiplier.rails=single", "calibration.policy=none", "multiplier.drive_gain_rms=0"],
    ),
}


def core_of(name: str) -> TensorCore:
    preset, overrides = MACHINES[name]
    return TensorCore(load_machine(preset, [*SIZE, *overrides]))


def operands() -> Operands:
    generator = torch.Generator().manual_seed(3)
    sizes = (3, 5, 16), (3, 20, 16)
    drawn = (torch.randint(-15, 16, size, generator=generator).short() for size in sizes)
    return Operands(*drawn, max_dot=16 * 15 * 15)


def read(chip: CompiledChip, moduli: ModuliSet) -> list[tuple[torch.Tensor, dict[int, int]]]:
    engine = CompactEngine(chip, moduli)
    return [(b.dots, b.errors) for b in engine.blocks(operands(), NoiseKey.from_seed(1))]


@pytest.mark.parametrize("name", MACHINES)
def test_a_chip_from_a_file_reads_the_same_bits(name: str, tmp_path: Path) -> None:
    core = core_of(name)
    compiled = core.compiled
    save_compiled(compiled, tmp_path / "chip.compiled")
    loaded = load_compiled(tmp_path / "chip.compiled")
    before, after = read(compiled, core.moduli), read(loaded, core.moduli)
    assert len(before) == len(after) > 0
    for (dots, errors), (again, errors_again) in zip(before, after, strict=True):
        assert torch.equal(dots, again)
        assert errors == errors_again


def test_without_noise_it_decides_what_the_fields_decide() -> None:
    """Light of whole tiles by tables and by fields, noise aside, through one receiver."""
    core = core_of("robust")
    x, w = operands().streamed[0].long(), operands().stationary[0, :3].long()
    for modulus, arrays in compile_chip(core.chip).arrays.items():
        unit, row = torch.zeros(1, 3, dtype=torch.int64), torch.arange(3)
        bits, setting = arrays.stream(x[None])
        plus, minus, deviation = arrays.digits.respond(bits, *arrays.load(w[None], unit, row))
        receiver, residue = arrays.receivers(unit, row), torch.remainder(x @ w.T, modulus)
        phase = receiver.phase_rad(residue[None].float(), deviation)
        detected = receiver.detect(plus, minus, phase, torch.ones(()))
        found = receiver.scaled(detected.current_a, setting)
        array = ModularArray.of(core.chip, modulus).held()
        exact = array.ratios(x, w)
        # Tables round the phase to 1 mrad at most, FP32 rounds amplitudes to 1e-6.
        assert float((torch.stack(found, -1)[0].double() - exact).abs().max()) < 1e-3
        assert torch.equal(
            receiver.decide(*found)[0], ModularArray.of(core.chip, modulus).read(x, w)
        )


# Runs an engine from a file in a process of its own; prints the decided sums and what was loaded.
ALONE = """
import json, sys, torch
from circuits.compiled.file import load_compiled
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.engines.base import Operands
from mirage_core.engines.compact import CompactEngine
from photonics.random import NoiseKey
g = torch.Generator().manual_seed(3)
w, x = (torch.randint(-15, 16, s, generator=g).short() for s in ((3, 5, 16), (3, 20, 16)))
engine = CompactEngine(load_compiled(sys.argv[1]), ModuliSet((29, 32, 33)))
blocks = engine.blocks(Operands(w, x, 3600), NoiseKey.from_seed(1))
found = [b.dots.long().flatten().tolist() for b in blocks]
print(json.dumps([found, sorted(sys.modules)]))
"""


def test_engines_run_from_a_file_without_the_code_of_chips_or_parameters(tmp_path: Path) -> None:
    core = core_of("robust")
    save_compiled(core.compiled, tmp_path / "robust.compiled")
    alone = [sys.executable, "-c", ALONE, str(tmp_path / "robust.compiled")]
    run = subprocess.run(alone, capture_output=True, text=True, check=True)
    found, loaded = json.loads(run.stdout)
    expected = [dots.long().flatten().tolist() for dots, _ in read(core.compiled, core.moduli)]
    assert found == expected
    rooms = ("chip", "design", "control", "units")
    foreign = (*(f"circuits.{room}" for room in rooms), "devices.parameters", "pydantic")
    assert [name for name in loaded if name.startswith(foreign)] == []


def test_a_core_runs_on_a_compiled_chip_from_a_file(tmp_path: Path) -> None:
    core = core_of("robust")
    save_compiled(core.compiled, tmp_path / "robust.compiled")
    loaded = load_compiled(tmp_path / "robust.compiled")
    a, b = torch.randn(5, 20), torch.randn(20, 7)
    whole = TensorCore(core.machine, chip=core.chip)
    alone = TensorCore(core.machine, chip=loaded)
    assert torch.equal(alone.matmul(a, b), whole.matmul(a, b))
    assert alone.compiled is loaded
    with pytest.raises(InputError, match=r"chip = .* is compiled; give the chip itself"):
        alone.chip  # noqa: B018


def test_a_compiled_chip_serves_no_machine_but_its_own() -> None:
    core = core_of("robust")
    other = core.machine.changed
    for machine, fidelity, why in (
        (core.machine, "field", "follows the light"),
        (other({"laser.power_w": 6e-3}), "compact", "another design"),
        (other({"array.rows": 4}), "compact", "shape"),
        (other({"moduli": (29, 31, 32)}), "compact", r"no array for moduli \[31\]"),
    ):
        with pytest.raises(InputError, match=why):
            TensorCore(machine, fidelity=fidelity, chip=core.compiled)
    # Moduli and array stand outside of the design, and so does the order of a table.
    powers = {29: 1e-3, 32: 2e-3}
    one, two = (
        other({"modulus_power_w": dict(p)}) for p in (powers.items(), list(powers.items())[::-1])
    )
    assert one.design.digest == two.design.digest != core.machine.design.digest


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda b: b[:-1], "damaged"),
        (lambda b: b.replace(b"bits", b"bitz", 1), "damaged"),
        (lambda b: b"x" * len(b), "not a compiled chip"),
        (lambda b: b"", "not a compiled chip"),
    ],
)
def test_what_is_no_compiled_chip_is_refused(change, why: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "ideal.compiled"
    save_compiled(core_of("ideal").compiled, file)
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(InputError, match=why) as caught:
        load_compiled(file)
    assert "\n" not in str(caught.value)


def test_a_chip_that_is_not_compiled_is_told_apart(tmp_path: Path) -> None:
    from circuits import save_chip

    save_chip(core_of("ideal").chip, tmp_path / "plain.chip")
    with pytest.raises(InputError, match=r"is not a compiled chip.*save_compiled"):
        load_compiled(tmp_path / "plain.chip")
    with pytest.raises(InputError, match="must be an existing file"):
        load_compiled(tmp_path / "none")


def forged(chip: CompiledChip, name: str) -> CompiledChip:
    """A chip whose file is whole, and whose content is not."""
    arrays = dict(chip.arrays)
    one = arrays[32]
    if name == "moduli":
        return replace(chip, arrays=dict(zip(arrays, reversed(arrays.values()), strict=True)))
    if name == "rows":
        return replace(chip, shape=replace(chip.shape, rows=chip.shape.rows - 1))
    assert one.receiver.trim_gain is not None
    if name == "input_response":
        one = replace(one, digits=replace(one.digits, input_response=one.digits.input_response[1:]))
    elif name == "half":
        one = replace(one, receiver=replace(one.receiver, trim_gain=one.receiver.trim_gain.half()))
    else:
        gain = one.receiver.trim_gain.clone()
        gain[0, 1, 1] = math.nan
        one = replace(one, receiver=replace(one.receiver, trim_gain=gain))
    return replace(chip, arrays=arrays | {32: one})


@pytest.mark.parametrize("name", ["moduli", "rows", "input_response", "half", "nan"])
def test_a_whole_file_of_what_is_no_chip_is_refused(name: str, tmp_path: Path) -> None:
    save_compiled(forged(core_of("robust").compiled, name), tmp_path / "forged.compiled")
    with pytest.raises(InputError, match="does not hold a compiled chip of this version"):
        load_compiled(tmp_path / "forged.compiled")


def test_engines_refuse_what_does_not_fit_their_chip() -> None:
    core, key = core_of("robust"), NoiseKey.from_seed(0)
    short = Operands(operands().stationary[..., :8], operands().streamed[..., :8], 1800)
    for make in (
        lambda moduli: CompactEngine(core.compiled, moduli),
        lambda moduli: FieldEngine(core.chip, moduli),
    ):
        with pytest.raises(InputError, match=r"moduli = \[31\]: the chip has arrays for \[29, 32"):
            next(iter(make(ModuliSet((31, 32, 33))).blocks(operands(), key)))
        with pytest.raises(InputError, match="operands = 8: must be groups of 16"):
            next(iter(make(core.moduli).blocks(short, key)))


def test_a_core_compiles_its_chip_once() -> None:
    core = core_of("robust")
    assert core.compiled is core.compiled
    again = pickle.loads(pickle.dumps(core))
    assert again._compiled is None
    assert read(again.compiled, core.moduli)[0][0].equal(read(core.compiled, core.moduli)[0][0])


def test_a_compiled_chip_cannot_be_changed_and_can_be_copied() -> None:
    chip = core_of("ideal").compiled
    with pytest.raises(TypeError, match="does not support item assignment"):
        chip.arrays[31] = None  # type: ignore[index]
    for again in (pickle.loads(pickle.dumps(chip)), copy.deepcopy(chip)):
        assert (again.design, again.shape, again.seed) == (chip.design, chip.shape, chip.seed)
        assert again.moduli == chip.moduli
        assert again.arrays[31].digits.input_response.equal(chip.arrays[31].digits.input_response)
