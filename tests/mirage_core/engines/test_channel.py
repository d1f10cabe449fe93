"""The channel: the errors of the compact model by their probabilities, drawn sparsely."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import ttest_ind
from torch import nn

import mirage_core as mirage
import mirage_core.engines.channel as channel_module
import mirage_core.engines.channel_trials as channel_trials
from circuits import Chip
from circuits.chip.trims import Trims
from mirage_core import MachineConfig, TensorCore, load_machine
from mirage_core.engines import IntegerEngine
from mirage_core.engines.base import Readings
from mirage_core.engines.reconstruction import reconstruct
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.mirage_core.engines.channel_bench import (
    CALM,
    FOUR_ROWS,
    PLAIN_HYBRID,
    UNPROTECTED,
    assert_alike,
    by_row,
    calm,
    channel,
    compact,
    equal_counts,
    operands,
    raw,
    slips,
)
from tests.tolerance import holm_rejections

pytestmark = pytest.mark.usefixtures("few_patterns")


@pytest.mark.parametrize("moduli", ["[31, 32, 33]", "[29, 32, 33]", "[63, 64, 65]"])
def test_without_imperfection_nothing_slips(moduli: str) -> None:
    machine = load_machine("isca2024-ideal", ["array.units=2", "array.rows=4", f"moduli={moduli}"])
    o = operands("dense", 3, 37, 19)
    exact = list(IntegerEngine(machine.moduli_set).blocks(o, NoiseKey.from_seed(0)))
    found = list(channel(machine, raw(machine)).blocks(o, NoiseKey.from_seed(0)))
    assert torch.equal(found[0].dots, exact[0].dots)
    assert [sum(b.errors.values()) + b.wrong for b in found] == [0]


@pytest.mark.slow  # 39 s
@pytest.mark.parametrize(
    ("power_w", "kind", "vectors"),
    [
        (3e-3, "dense", 200),
        (2e-3, "dense", 60),
        (1e-3, "dense", 20),
        (0.2e-3, "sparse", 400),
        (0.15e-3, "sparse", 200),
        (0.1e-3, "sparse", 60),
    ],
)
def test_errors_are_as_frequent_and_as_large_as_in_the_compact_model(
    power_w: float, kind: str, vectors: int
) -> None:
    settings = [*CALM, *PLAIN_HYBRID, UNPROTECTED, f"laser.power_w={power_w}"]
    machine = load_machine("robust", settings)
    assert_alike(machine, [(kind, vectors)])


@pytest.mark.slow  # 41 s
@pytest.mark.parametrize(
    "parts",
    [
        ["laser.rin_db_per_hz=-118", "receiver.rail_mismatch_s=2e-10"],
        ["receiver.adc_inl_rms_lsb=0.4", "receiver.adc_noise_lsb=0.5"],
        [
            "clock_hz=0.8e9",
            "receiver.clock_jitter_s=1e-11",
            "receiver.sampling_guard_s=5e-11",
        ],
        ["multiplier.encoding=twos-complement", "multiplier.drive=per-digit"],
        ["receiver.adc_extra_bits=12"],
        ["receiver.gain=fixed", "receiver.adc_extra_bits=3"],
    ],
)
def test_every_part_of_the_receiver_counts(parts: list[str]) -> None:
    assert_alike(calm("laser.power_w=0.3e-3", *parts), [("dense", 40)])


@pytest.mark.slow  # 12 s
@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_the_laser_counts_by_the_delay_of_a_single_rail(kind: str) -> None:
    single = ["multiplier.rails=single", "multiplier.polarity=zero-coupled"]
    straight = ["multiplier.bypass_phase_rad=0", "multiplier.bypass_phase_rms_rad=0"]
    still = [
        "multiplier.coherence_length_m=none",
        "multiplier.index_rms=0",
        "multiplier.drive_gain_rms=0",
    ]
    still += ["multiplier.switch.detuning_m=4.55e-9", "multiplier.shifter_gain_rms=0"]
    still += ["multiplier.drive_inl_rms=0", "receiver.adc_extra_bits=3", "laser.power_w=0.02"]
    made = calm(*single, *straight, *still, "laser.linewidth_hz=6e6")
    chip, o = raw(made), operands(kind, 4, 60, 1024)
    drawn, read = (slips(e(made, chip), o, i) for i, e in enumerate((channel, compact)))
    for m in (32, 33):
        wrong = [int((s[m] != 0).sum()) for s in (drawn, read)]
        # What is tried stands for the data to a tenth; counts are known to half of that.
        assert wrong[1] >= 4 * 400
        assert wrong[0] == pytest.approx(wrong[1], rel=0.15)


@pytest.mark.slow  # 8 s
def test_dense_and_sparse_data_share_their_tables() -> None:
    assert_alike(calm("laser.power_w=0.04e-3"), [("dense", 10), ("sparse", 100)])


def with_row_offsets(machine: MachineConfig, largest_rad: float) -> Chip:
    """A chip whose rows are turned by phases from -largest to largest."""
    chip, trims = raw(machine), {}
    places = (machine.array.units, machine.array.rows)
    offset = torch.linspace(-largest_rad, largest_rad, math.prod(places), dtype=torch.float64)
    for m, arrays in chip.fabricated.items():
        digits = arrays.statics.shifter_phase_rad.shape[-2]
        none = Trims.none(places, machine.bfp.group_size, digits, 1)
        trims[m] = none.changed(row_rad=offset.view(places))
    return chip.with_trims(trims)


def test_every_row_errs_as_its_own_offset_makes_it() -> None:
    machine = calm("laser.power_w=0.6e-3")
    chip = with_row_offsets(machine, 0.05)
    o = operands("dense", 2, 25, 2048)
    first, second = (
        slips(e, o, i) for i, e in enumerate((channel(machine, chip), compact(machine, chip)))
    )
    p_values = []
    for m in (32, 33):
        rows = [by_row(s[m]) for s in (first, second)]
        assert rows[1].sum() >= 400
        # Rows differ, and slip to the side that they are turned to.
        assert rows[0].max() > 2 * rows[0].min()
        p_values.append(equal_counts(*rows))
        sides = [
            np.concatenate([by_row(torch.where(s[m] == k, s[m], 0)) for k in (1, m - 1)])
            for s in (first, second)
        ]
        p_values.append(equal_counts(*sides))
    assert holm_rejections(p_values) == []


@pytest.mark.slow  # 4 s
def test_one_sigma_for_all_is_wrong_where_the_mixture_is_right() -> None:
    settings = [*CALM, *PLAIN_HYBRID, UNPROTECTED, "laser.power_w=3e-3"]
    machine = load_machine("robust", settings)
    core = TensorCore(machine, fidelity="compact", chip=raw(machine))
    generator = torch.Generator().manual_seed(0)
    w = torch.randn(512, 32, generator=generator)
    x = torch.randn(32, 300, generator=generator)
    with core.probe(limit=10**9) as probe:
        core.matmul(w, x)
    drawn = TensorCore(machine, fidelity="channel", chip=core.chip, seed=3)
    drawn.matmul(w, x)
    for m in (32, 33):
        in_phase, quadrature, sent, decided = probe.samples[m]
        wrong, trials = int((sent != decided).sum()), sent.numel()
        phase = torch.atan2(quadrature, in_phase) - 2 * math.pi / m * sent
        phase = torch.remainder(phase + math.pi, 2 * math.pi) - math.pi
        single = math.erfc(math.pi / m / (math.sqrt(2) * float(phase.std()))) * trials
        mixture = drawn.ledger.total.errors[m]
        assert min(wrong, mixture) >= 400
        assert abs(mixture - wrong) < 5 * math.sqrt(mixture + wrong)
        assert abs(single / wrong - 1) > 0.25


@pytest.mark.slow  # 14 s
def test_a_calibrated_chip_errs_as_in_the_compact_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_trials, "_BATCH", 1 << 9)
    # Residues of its calibration lie in the data: sets of data are compared, not single errors.
    machine = load_machine("robust", [*FOUR_ROWS, UNPROTECTED, "laser.power_w=4e-3"])
    chip = TensorCore(machine).chip
    drawn, read = channel(machine, chip), compact(machine, chip)
    counts = {m: ([], []) for m in (32, 33)}  # type: ignore[var-annotated]
    for seed in range(12):
        o = operands("dense", 2, 150, 256, seed)
        found = slips(drawn, o, seed), slips(read, o, 100 + seed)
        for m, sides in counts.items():
            for side, slip in zip(sides, found, strict=True):
                side.append(int((slip[m] != 0).sum()))
    p_values = []
    for sides in counts.values():
        assert min(sum(side) for side in sides) >= 400
        p_values.append(ttest_ind(*sides, equal_var=False).pvalue)
        ratio = sum(sides[0]) / sum(sides[1])
        assert 0.85 < ratio < 1.18
    assert holm_rejections(p_values) == []


@pytest.mark.slow  # 12 s
def test_readings_do_not_depend_on_how_the_work_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = calm("laser.power_w=0.5e-3", "redundancy.policy=reread", "bfp.rounding=stochastic")
    chip = raw(machine)
    generator = torch.Generator().manual_seed(5)
    weight = torch.randn(10, 40, generator=generator)
    batch = torch.randn(64, 3, 40, generator=generator)
    core = TensorCore(machine, fidelity="channel", chip=chip)
    with core.step(3):
        whole = core.matmul(batch, weight.T, stationary="b")
    assert core.ledger.total.errors.total() > 100
    # Another core, whose tables have met other data first.
    other = TensorCore(machine, fidelity="channel", chip=chip)
    other.matmul(torch.ones(3, 16), torch.ones(16, 5))
    monkeypatch.setattr(channel_module, "_BLOCK", 700)
    threads = torch.get_num_threads()
    try:
        for count in (1, 3):
            torch.set_num_threads(count)
            parts = []
            for part in (slice(0, 11), slice(11, 64)):
                with other.step(3, row_offset=part.start):
                    parts.append(other.matmul(batch[part], weight.T, stationary="b"))
            assert torch.equal(torch.cat(parts), whole)
    finally:
        torch.set_num_threads(threads)
    again = TensorCore(machine, fidelity="channel", chip=chip, seed=1)
    with again.step(3):
        assert not torch.equal(again.matmul(batch, weight.T, stationary="b"), whole)


@pytest.mark.slow  # 5 s
def test_what_erred_errs_again_with_the_probability_that_follows() -> None:
    # Static errors so large that some operands lie badly and err again and again.
    machine = calm(
        "laser.power_w=1.5e-3", "multiplier.coherence_length_m=18.4", "multiplier.index_rms=0"
    )
    protection = machine.redundancy.model_copy(update={"policy": "reread", "attempts": 1})
    machine = machine.model_copy(update={"redundancy": protection})
    chip = raw(machine)
    repeated: list[list[float]] = []
    for engine in (channel(machine, chip), compact(machine, chip)):
        shares, suspects = [], 0
        for seed in range(5):
            o = operands("dense", 2, 40, 512, seed)
            blocks = list(engine.blocks(o, NoiseKey.from_seed(seed)))
            read = sum(b.re_reads for b in blocks)
            assert 0 < sum(b.re_read_symbols for b in blocks) <= read
            # Of those read again, the rest was found impossible a second time.
            shares.append((sum(b.detected for b in blocks) - read) / read)
            suspects += read
        assert suspects * min(shares) >= 400
        # Without memory they would err as rarely as any.
        assert min(shares) > 4 * suspects / (5 * 2 * 40 * 512)
        repeated.append(shares)
    # Which operands lie badly differs from data to data.
    assert ttest_ind(*repeated, equal_var=False).pvalue > 0.001


def test_single_integers_are_settled_as_in_their_block() -> None:
    machine = load_machine("robust", FOUR_ROWS)
    moduli = machine.all_moduli
    exact = torch.arange(24.0).view(2, 2, 6)
    residues = [torch.remainder(exact, m).long() for m in moduli.moduli]
    places = torch.tensor([[0, 0, 1], [0, 0, 2], [1, 1, 4], [1, 1, 5]])
    for place in places:
        residues[0][tuple(place)] += 1
    mended = [torch.remainder(exact, m).long() for m in moduli.moduli]

    def of_block(suspects: torch.Tensor, attempt: int) -> list[torch.Tensor]:
        return [r[tuple(suspects.T)] for r in mended]

    def of_single(suspects: torch.Tensor, attempt: int) -> list[torch.Tensor]:
        return of_block(places[suspects[:, 0]], attempt)

    every = slice(0, 2), slice(0, 6)
    block = Readings(*every, exact, residues, of_block, 4)
    at = tuple(places.T)
    single = Readings(*every, exact[at], [r[at] for r in residues], of_single, 4, places)
    whole, some = (reconstruct(r, moduli, machine.redundancy, 3600) for r in (block, single))
    assert torch.equal(whole.dots[at], some.dots)
    assert whole.counts == some.counts
    # Integers 1 and 2 share a tile of four rows and a symbol, and so do 4 and 5.
    assert some.re_read_symbols == 2


def test_a_channel_has_no_light_to_look_at() -> None:
    core = TensorCore(calm(), fidelity="channel", chip=raw(calm()))
    with pytest.raises(InputError, match="no light"), core.probe():
        pass


@pytest.mark.slow  # 6 s
def test_a_network_trains_on_the_channel() -> None:
    machine = calm("laser.power_w=0.6e-3", "redundancy.policy=reread")
    core = TensorCore(machine, fidelity="channel", chip=raw(machine))
    torch.manual_seed(0)
    model = mirage.convert(nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 3)), core)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
    x = torch.randn(96, 20)
    label = x[:, :3].argmax(1)
    losses = []
    for step in range(25):
        with core.step(step):
            loss = nn.functional.cross_entropy(model(x), label)
            optimizer.zero_grad()
            loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]
    assert core.ledger.total.errors.total() > 0
