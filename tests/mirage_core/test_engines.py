"""One machine, three depths: equal in the ideal limit, equal in distribution with everything on."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import chi2_contingency, fisher_exact, ks_2samp

from circuits import ArrayShape, fabricate
from circuits.bitplane import BitPlanes
from mirage_core import MachineConfig, TensorCore, load_machine
from mirage_core.engines import CompactEngine, FieldEngine, IntegerEngine, Operands
from mirage_core.engines.base import DotBlock
from mirage_core.engines.integer import residue_dots
from mirage_core.engines.placement import Placement
from photonics.random import NoiseKey
from tests.tolerance import assert_mean, assert_uncorrelated, holm_rejections

# One unit and few rows keep tables small; everything else is as in the presets.
SMALL = ["array.units=2", "array.rows=8"]
# A machine at which every source matters: about one readout in twenty is wrong.
NOISY = [
    *SMALL,
    "laser.power_w=1e-3",
    "laser.rin_db_per_hz=-125",
    "receiver.rail_mismatch_s=2e-11",
    "multiplier.bypass_phase_rad=1.0",
    "multiplier.static_phase_rms_rad=2e-3",
    "receiver.adc_extra_bits=1",
]


def operands(groups: int, rows: int, vectors: int, seed: int = 0) -> Operands:
    generator = torch.Generator().manual_seed(seed)
    stationary = torch.randint(-15, 16, (groups, rows, 16), generator=generator)
    streamed = torch.randint(-15, 16, (groups, vectors, 16), generator=generator)
    return Operands(stationary.short(), streamed.short(), 3600)


def gather(blocks: list[DotBlock], shape: tuple[int, int, int]) -> torch.Tensor:
    dots = torch.full(shape, torch.iinfo(torch.int64).min)
    for block in blocks:
        dots[:, block.vectors, block.rows] = block.dots.long()
    return dots


def plain_dots(o: Operands) -> torch.Tensor:
    return torch.einsum("gnj,gmj->gnm", o.streamed.long(), o.stationary.long())


@pytest.mark.parametrize("moduli", ["[31, 32, 33]", "[29, 32, 33]", "[63, 64, 65]"])
def test_all_fidelities_return_the_integers_in_the_ideal_limit(moduli: str) -> None:
    machine = load_machine("isca2024-ideal", [*SMALL, f"moduli={moduli}"])
    chip = fabricate(machine, machine.moduli, machine.array_shape, 0)
    o = operands(3, 19, 37)
    exact = plain_dots(o)
    key = NoiseKey.from_seed(0)
    for engine in (
        IntegerEngine(machine.moduli_set),
        CompactEngine(chip, machine.moduli_set),
        FieldEngine(chip, machine.moduli_set),
    ):
        blocks = list(engine.blocks(o, key))
        assert torch.equal(gather(blocks, (3, 37, 19)), exact)
        assert sum(sum(b.errors.values()) + b.wrong for b in blocks) == 0


@pytest.mark.parametrize("moduli", [(31, 32, 33), (29, 32, 33), (63, 64, 65)])
def test_residues_and_reconstruction_are_the_identity(moduli: tuple[int, ...]) -> None:
    from mirage_core import ModuliSet

    o = operands(2, 30, 50)
    found = residue_dots(o, ModuliSet(moduli), slice(0, 50), slice(0, 30))
    assert torch.equal(found.long(), plain_dots(o))


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


def probed(machine: MachineConfig, fidelity: str, chip_of: TensorCore, seed: int, vectors: int):  # type: ignore[no-untyped-def]
    """Readouts (I, Q, sent, decided) by modulus of one product, on the chip of another core."""
    core = TensorCore(machine, fidelity=fidelity, seed=seed, chip=chip_of.chip)
    generator = torch.Generator().manual_seed(7)
    a = torch.randint(-15, 16, (8, 32), generator=generator).float()
    b = torch.randint(-15, 16, (32, vectors), generator=generator).float()
    with core.probe(limit=10**9) as probe:
        core.matmul(a, b)
    return probe.samples


def phase_error(sample: torch.Tensor, modulus: int) -> np.ndarray:
    phase = torch.atan2(sample[1], sample[0]) - 2 * math.pi / modulus * sample[2]
    return (torch.remainder(phase + math.pi, 2 * math.pi) - math.pi).numpy()


FLAWED = [
    "receiver.hybrid.splitter_imbalance_rms_db=0.3",
    "receiver.hybrid.coupler_imbalance_rms_db=0.2",
    "receiver.hybrid.quadrature_rms_rad=0.03",
    "receiver.hybrid.responsivity_rms=0.01",
    "multiplier.drive_inl_rms=1e-3",
]


# Converters with noise and steps of unlike size, stepped gain, and symbols that do not settle.
RESTLESS = [
    "receiver.adc_noise_lsb=0.7",
    "receiver.adc_inl_rms_lsb=0.4",
    "receiver.stage.step_db=1.0",
    "receiver.clock_jitter_s=3e-11",
    "receiver.sampling_guard_s=1.5e-10",
    "array.clock_hz=1.5e9",
    "rail_imbalance_rms_db=0.5",
]


@pytest.mark.parametrize(
    ("preset", "extra"),
    [
        ("robust", []),
        ("isca2024", ["multiplier.polarity=one-coupled"]),
        ("robust", FLAWED),
        ("robust", ["multiplier.drive=per-digit", "multiplier.encoding=twos-complement", *FLAWED]),
        ("robust", ["multiplier.rails=single", "laser.power_w=2e-5"]),
        ("robust", [*FLAWED, *RESTLESS]),
    ],
)
def test_compact_equals_field_in_distribution(preset: str, extra: list[str]) -> None:
    noisy = NOISY if preset == "robust" else [*NOISY, "laser.power_w=0.05"]
    machine = load_machine(preset, [*noisy, *extra])
    base = TensorCore(machine)
    compact = probed(machine, "compact", base, 1, 2000)
    field = probed(machine, "field", base, 2, 2000)
    p_values = []
    for modulus in machine.moduli:
        first, second = compact[modulus], field[modulus]
        assert torch.equal(first[2], second[2])
        error = [phase_error(s, modulus) for s in (first, second)]
        p_values.append(ks_2samp(*error).pvalue)
        # Sigma within 1 % and mean within 0.5 mrad, where the samples can tell: 32,000 readouts
        # know sigma to 0.4 % each, so the pair may differ by five times 0.56 %.
        sigma = [e.std() for e in error]
        assert abs(sigma[0] / sigma[1] - 1) < 5 * math.sqrt(1 / len(error[0]))
        assert_mean(error[0] - error[1], 0.0, math.hypot(*sigma))
        # Amplitudes: the laser's intensity noise and the loss.
        radius = [torch.hypot(s[0], s[1]).numpy() for s in (first, second)]
        p_values.append(ks_2samp(*radius).pvalue)
        # Confusion: how often each slip occurs.
        slips = [torch.remainder(s[3] - s[2], modulus).long() for s in (first, second)]
        wrong = [int((s != 0).sum()) for s in slips]
        assert min(wrong) >= 400
        trials = len(slips[0])
        p_values.append(
            fisher_exact([[wrong[0], trials - wrong[0]], [wrong[1], trials - wrong[1]]])[1]
        )
        table = np.stack([np.bincount(s, minlength=modulus) for s in slips])
        kept = table[:, table.sum(0) >= 20]
        pooled = np.hstack([kept, (table.sum(1) - kept.sum(1))[:, None]])
        p_values.append(chi2_contingency(pooled[:, pooled.sum(0) > 0]).pvalue)
    assert holm_rejections(p_values) == []


NOISELESS = [
    "receiver.tia.noise_a_per_rthz=0",
    "receiver.photodiode.dark_current_a=0",
    "laser.power_w=1e3",
    "multiplier.drive_gain_rms=2e-5",
]
HEATED = [
    "multiplier.drive=per-digit",
    "multiplier.heat.coupling.law.nearest_coupling=0.02",
    "multiplier.heat.row_pitch_m=80e-6",
    "multiplier.heat.ring_share=5e-4",
    "multiplier.static_phase_rms_rad=0.01",
]


@pytest.mark.parametrize(
    "extra",
    [
        ["receiver.memory=settled", "multiplier.static_phase_rms_rad=0.01", *FLAWED],
        ["receiver.memory=settled", *HEATED],
        ["receiver.memory=settled", *HEATED, "multiplier.heat.compensated=false"],
        [
            "multiplier.static_phase_rms_rad=0.01",
            "receiver.clock_jitter_s=1e-12",
            "receiver.sampling_guard_s=5e-12",
            *FLAWED,
        ],
        ["receiver.tia.poles=2", "multiplier.static_phase_rms_rad=0.01"],
        ["multiplier.ring_spread.differential_rms_m=5e-12", "rail_imbalance_rms_db=1.0"],
    ],
    ids=["flawed", "heated", "uncompensated", "remembering", "two poles", "rings and splitters"],
)
def test_compact_readings_equal_field_readings_without_receiver_noise(extra: list[str]) -> None:
    machine = load_machine("isca2024", [*SMALL, *NOISELESS, *extra])
    base = TensorCore(machine)
    # The laser and the clock draw the same numbers in both, and shot noise does not count.
    compact = probed(machine, "compact", base, 1, 50)
    field = probed(machine, "field", base, 1, 50)
    for modulus in machine.moduli:
        step_np, _, step_rad = BitPlanes.of(base.chip.lane(modulus)).step
        assert step_rad < 2e-5
        # Half a grid step in each of 97 entries of each rail and of the phase, FP32 rounding of
        # a turn, and shot noise of a part in 10^5 of the amplitude.
        allowed = 97 * (step_rad / 2 + step_np) + 5e-5
        torch.testing.assert_close(compact[modulus][:2], field[modulus][:2], rtol=0, atol=allowed)


@pytest.mark.parametrize("extra", [[], RESTLESS, HEATED], ids=["settled", "restless", "heated"])
def test_decided_residues_do_not_depend_on_tiling_or_threads(
    monkeypatch: pytest.MonkeyPatch, extra: list[str]
) -> None:
    import mirage_core.engines.compact as compact

    machine = load_machine("robust", [*NOISY, *extra])
    generator = torch.Generator().manual_seed(3)
    # Rows of several tiles, groups that are not full, and fewer of both where tiles cost more.
    rows, depth, vectors = (20, 38, 30) if extra else (40, 70, 60)
    a = torch.randn(rows, depth, generator=generator)
    b = torch.randn(depth, vectors, generator=generator)
    whole = TensorCore(machine, seed=4).matmul(a, b)
    monkeypatch.setattr(compact, "_BLOCK_READOUTS", 700)
    assert torch.equal(TensorCore(machine, seed=4).matmul(a, b), whole)
    monkeypatch.setattr(compact, "_BLOCK_TABLE", 3000)
    assert torch.equal(TensorCore(machine, seed=4).matmul(a, b), whole)
    threads = torch.get_num_threads()
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            assert torch.equal(TensorCore(machine, seed=4).matmul(a, b), whole)
    finally:
        torch.set_num_threads(threads)
    assert not torch.equal(TensorCore(machine, seed=5).matmul(a, b), whole)


@pytest.mark.parametrize("fidelity", ["compact", "field"])
@pytest.mark.parametrize("shape", [(24, 40), (24, 3, 40), (24, 2, 3, 40)])
def test_a_split_batch_reads_the_same_as_the_whole(fidelity: str, shape: tuple[int, ...]) -> None:
    machine = load_machine("robust", [*NOISY, "bfp.rounding=stochastic"])
    generator = torch.Generator().manual_seed(5)
    weight = torch.randn(10, 40, generator=generator)
    batch = torch.randn(shape, generator=generator)
    core = TensorCore(machine, fidelity=fidelity)
    with core.step(3):
        whole = core.matmul(batch, weight.T, stationary="b")
    parts = []
    for part in (slice(0, 10), slice(10, 24)):
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


def test_arrays_of_different_moduli_are_different_glass() -> None:
    chip = fabricate(load_machine("isca2024"), (31, 32), ArrayShape(2, 8, 16), 0)
    a, b = chip.lanes[31].statics, chip.lanes[32].statics
    assert_uncorrelated(a.shifter_phase_rad, b.shifter_phase_rad)
    assert_uncorrelated(a.bypass_phase_rad, b.bypass_phase_rad)
    assert_uncorrelated(a.shifter_phase_rad, a.bypass_phase_rad)
    assert_uncorrelated(a.shifter_phase_rad[..., 0], a.shifter_phase_rad[..., 1])


def test_placement_is_the_rule_of_the_design() -> None:
    placement = Placement(ArrayShape(units=3, rows=4, length=16))
    rows = slice(0, 10)
    # Tiles are numbered group by group within a block of rows, and go round the units.
    unit = placement.unit(2, rows)
    assert unit[0].tolist() == [0, 0, 0, 0, 2, 2, 2, 2, 1, 1]
    assert unit[1].tolist() == [1, 1, 1, 1, 0, 0, 0, 0, 2, 2]
    assert placement.row(rows).tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
    assert torch.equal(placement.unit(2, slice(4, 10)), unit[:, 4:])
    assert [(b.index, b.rows.start, b.size) for b in placement.row_blocks(rows)] == [
        (0, 0, 4),
        (1, 4, 4),
        (2, 8, 2),
    ]
    assert placement.tile_count(2, 10) == 6


@pytest.mark.parametrize("fidelity", ["integer", "compact", "field"])
def test_reduced_precision_around_a_product_does_not_touch_it(fidelity: str) -> None:
    machine = load_machine("robust", NOISY)
    generator = torch.Generator().manual_seed(3)
    a = torch.randn(20, 70, generator=generator)
    b = torch.randn(70, 30, generator=generator)
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
    amplitude_a = 1.1 * machine.laser.power_w / 2
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
