"""Noise of the converters that load a tile: once for each load, in both depths of light."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from scipy.stats import ks_2samp
from torch import Tensor

from circuits import save_compiled
from circuits.compiled.file import load_compiled
from mirage_core import MachineConfig, TensorCore, load_machine
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.engines import CompactEngine, FieldEngine, compact, field
from mirage_core.engines.base import DotBlock, Operands, Readings
from mirage_core.engines.probe import Probe
from photonics.random import NoiseKey
from tests.machines import ONE_UNIT, together
from tests.mirage_core.engines.products import operands
from tests.tolerance import assert_uncorrelated, assert_variance

NOISE_V = 1e-4
# Steps so fine that a level is a whole number of them, and nothing else that is wrong.
LOADED = [
    *ONE_UNIT,
    "multiplier.dac.bits=10",
    "multiplier.dac.full_scale_v=1.1",
    f"multiplier.dac.noise_v={NOISE_V}",
]
KINDS = [
    pytest.param([], id="shared"),
    pytest.param(["multiplier.drive=per-digit"], id="per digit"),
    pytest.param(["multiplier.rail_drive=own"], id="per rail"),
    pytest.param(["multiplier.drive=per-digit", "multiplier.rail_drive=own"], id="each its own"),
    pytest.param(["multiplier.rails=single"], id="single rail"),
]
ENGINES = {"compact": CompactEngine, "field": FieldEngine}
KEY = NoiseKey.from_seed(3)


def engine(fidelity: str, core: TensorCore) -> CompactEngine | FieldEngine:
    if fidelity == "compact":
        return CompactEngine(core.compiled, core.machine.moduli_set)
    return FieldEngine(core.chip, core.machine.moduli_set)


def phase_errors(
    core: TensorCore, o: Operands, key: NoiseKey, fidelity: str, *moduli: int
) -> dict[int, Tensor]:
    """Of every reading by modulus, of some or of all, (G, N, M)."""
    made = replace(engine(fidelity, core), probe=(probe := Probe(limit=10**9)))
    made = replace(made, moduli=ModuliSet(moduli)) if moduli else made
    for block in made.blocks(o, key):
        assert block.vectors == slice(0, o.vectors)
    found = {}
    for m, (first, second, sent, _) in probe.samples.items():
        error = torch.atan2(second, first).double() - 2 * math.pi / m * sent
        error = torch.remainder(error + math.pi, 2 * math.pi) - math.pi
        found[m] = error.view(o.groups, o.vectors, o.rows)
    return found


def expected_rms_rad(machine: MachineConfig, modulus: int, streamed: Tensor) -> Tensor:
    """Closed form of linear shifters, (G, N): what a level turns by, and how often."""
    multiplier = machine.design.multiplier
    dac, most = multiplier.dac, modulus // 2
    assert dac is not None
    step_v = math.floor(1.08 / most / dac.lsb_v) * dac.lsb_v
    code = multiplier.code(modulus)
    if multiplier.drive == "shared":
        weights = torch.tensor(code.weights)
        times = (code.digits(streamed.long()) * weights).sum(-1).square().sum(-1)
    else:
        times = code.digits(streamed.long()).sum((-1, -2))
    rails = 0.5 if multiplier.rail_drive == "own" else 1.0
    return 2 * math.pi / modulus * NOISE_V / step_v * (rails * times.double()).sqrt()


@pytest.mark.parametrize(
    "fidelity",
    [e if e == "compact" else pytest.param(e, marks=pytest.mark.slow) for e in ENGINES],  # 25 s
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_load_turns_its_readings_by_the_noise_of_its_drives(
    kind: list[str], fidelity: str
) -> None:
    """Variance against a closed form; all vectors of a load by the same numbers."""
    core = TensorCore(load_machine("isca2024-ideal", together(LOADED, kind)))
    o = operands(groups=80, rows=8, vectors=2)
    # The second vector of each group is the first again.
    o = replace(o, streamed=o.streamed[:, :1].expand(-1, 2, -1).contiguous())
    for modulus, error in phase_errors(core, o, KEY, fidelity).items():
        each = error / expected_rms_rad(core.machine, modulus, o.streamed)[..., None]
        torch.testing.assert_close(each[:, 0], each[:, 1], rtol=0, atol=2e-3)
        assert_variance(each[:, 0], 1.0)
        assert_uncorrelated(each[:-1, 0], each[1:, 0])
        assert_uncorrelated(each[:, 0, :-1], each[:, 0, 1:])


@pytest.mark.parametrize("fidelity", ENGINES)
def test_moduli_and_loads_have_numbers_of_their_own(fidelity: str) -> None:
    core = TensorCore(load_machine("isca2024-ideal", LOADED))
    o = operands(groups=60, rows=8, vectors=1)
    first, second = (phase_errors(core, o, KEY.fold(i), fidelity) for i in range(2))
    assert_uncorrelated(first[31], second[31])
    assert_uncorrelated(first[31], first[32])


BEAMS = ["multiplier.shifter.kind=noems", "multiplier.shifter.loss_db_per_m=300"]
HEATERS = ["multiplier.dac.bits=10", "multiplier.dac.full_scale_v=3.5"]


def lossless_receivers(preset: str, *extra: str) -> TensorCore:
    """A machine with leaks and static errors, and hardly any noise but that of its drives."""
    quiet = [
        "receiver.tia.noise_a_per_rthz=0",
        "receiver.photodiode.dark_current_a=0",
        "laser.power_w=1e3",
        "laser.linewidth_hz=0",
        "laser.rin_db_per_hz=-400",
        "receiver.clock_jitter_s=0",
        "receiver.adc_noise_lsb=0",
        "receiver.memory=settled",
        "multiplier.drive_inl_rms=0",
        "multiplier.dac.noise_v=2e-3",
        "calibration.policy=none",
    ]
    return TensorCore(load_machine(preset, together(LOADED, quiet, extra)))


def with_noise(core: TensorCore, noise_v: float) -> TensorCore:
    """A core on the same chip, of drives with other noise."""
    machine = core.machine.changed({"multiplier.dac.noise_v": noise_v})
    return TensorCore(machine, chip=replace(core.chip, design=machine.design))


@pytest.mark.parametrize(
    ("preset", "extra"),
    [
        ("robust", []),
        ("robust", BEAMS),
        ("robust", [*BEAMS, "multiplier.rail_drive=own", "multiplier.drive=per-digit"]),
        ("thermo-optic", HEATERS),
    ],
)
def test_derivatives_are_those_of_the_whole_response(preset: str, extra: list[str]) -> None:
    """Compact turns by derivatives what field turns exactly: by the same numbers, load by load.

    Beside noise of tenths of a radian what derivatives leave out is a hundredth.
    """
    core = lossless_receivers(preset, *extra)
    without = with_noise(core, 0.0)
    o = operands(groups=20, rows=8, vectors=5)
    fast, whole = (phase_errors(core, o, KEY, fidelity) for fidelity in ENGINES)
    still = phase_errors(without, o, KEY, "field")
    for modulus, error in whole.items():
        moved, apart = (
            torch.remainder(x + math.pi, 2 * math.pi) - math.pi
            for x in (error - still[modulus], fast[modulus] - error)
        )
        rms = float(moved.square().mean().sqrt())
        assert rms > 0.05
        assert float(apart.square().mean().sqrt()) < 0.02 * rms


@pytest.mark.slow  # 8 s
def test_compact_equals_field_in_distribution() -> None:
    """A reading of each of many loads, with all else that disturbs it."""
    still = ["multiplier.drive_inl_rms=0", "multiplier.dac.noise_v=0"]
    quiet = TensorCore(load_machine("robust", together(LOADED, still)))
    core = with_noise(quiet, 1e-3)
    o = operands(groups=200, rows=8, vectors=1)
    fast = phase_errors(core, o, KEY.fold(1), "compact", 33)[33].flatten()
    whole = phase_errors(core, o, KEY.fold(2), "field", 33)[33].flatten()
    rest = phase_errors(quiet, o, KEY.fold(3), "compact", 33)[33].flatten()
    assert float(whole.std()) > 2.0 * float(rest.std())
    assert ks_2samp(fast, whole).pvalue > 0.001
    assert abs(float(fast.std() / whole.std()) - 1) < 5 * math.sqrt(1 / len(fast))


@pytest.mark.parametrize("fidelity", ENGINES)
def test_a_reading_again_sees_the_same_load(fidelity: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drives so noisy that most residues are wrong, and nothing else: no reading helps."""
    core = TensorCore(
        load_machine("isca2024-ideal", together(LOADED, ["multiplier.dac.noise_v=0.02"]))
    )
    o, kept = operands(groups=3, rows=11, vectors=4), []

    def keep(readings: Readings, *_: object) -> DotBlock:
        places = torch.ones(readings.exact.shape).nonzero()
        kept.append((readings, readings.again(places, 1)))
        return DotBlock(readings.vectors, readings.rows, readings.exact)

    monkeypatch.setattr(compact if fidelity == "compact" else field, "reconstruct", keep)
    list(engine(fidelity, core).blocks(o, KEY))
    for readings, again in kept:
        for modulus, first, second in zip((31, 32, 33), readings.residues, again, strict=True):
            assert torch.equal(first.flatten(), second)
            assert float((first != readings.exact % modulus).float().mean()) > 0.3


def product(core: TensorCore, parts: int = 1) -> Tensor:
    """Of (10, 40) and (12, 40), streamed in so many parts."""
    generator = torch.Generator().manual_seed(1)
    a, b = (torch.randn(*shape, generator=generator) for shape in ((10, 40), (12, 40)))
    each = 12 // parts
    done = [core.gemm(a, b[i : i + each], KEY, "forward", i) for i in range(0, 12, each)]
    return torch.cat(done)


@pytest.mark.parametrize("fidelity", ENGINES)
def test_results_do_not_depend_on_how_the_work_is_cut(
    fidelity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    noisy = ["receiver.tia.noise_a_per_rthz=1e-3", "multiplier.dac.noise_v=0.01"]
    core = TensorCore(load_machine("isca2024-ideal", together(LOADED, noisy)), fidelity=fidelity)
    whole = product(core)
    assert torch.equal(product(core), whole)
    assert torch.equal(product(core, parts=3), whole)
    module = compact if fidelity == "compact" else field
    monkeypatch.setattr(module, "_BLOCK_READOUTS", 1 << 4)
    if fidelity == "compact":
        monkeypatch.setattr(module, "_BLOCK_TABLE", 1 << 10)
    assert torch.equal(product(core), whole)


@pytest.mark.slow  # 3 s
def test_a_compiled_chip_keeps_it(tmp_path) -> None:  # type: ignore[no-untyped-def]
    core = TensorCore(load_machine("robust", together(LOADED, ["multiplier.drive_inl_rms=0"])))
    save_compiled(core.compiled, tmp_path / "chip")
    loaded = TensorCore(core.machine, chip=load_compiled(tmp_path / "chip"))
    assert torch.equal(product(loaded), product(core))


def test_converters_without_noise_draw_none() -> None:
    plain = load_machine("robust", ["multiplier.drive_inl_rms=0", "multiplier.dac.bits=8"])
    arrays = TensorCore(plain.changed({"array.rows": 2, "array.units": 1})).compiled.arrays
    assert all(each.drive_noise is None for each in arrays.values())
