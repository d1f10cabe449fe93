"""Redundancy in the machine: policies, reading again, what is counted, and what it costs."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import pytest
import torch

import mirage_core.engines.compact as compact_module
import mirage_core.engines.field as field_module
import mirage_core.engines.injected as injected_module
from circuits import fabricate
from circuits.budgets.link import Budget
from mirage_core import ModuliSet, TensorCore, load_machine
from mirage_core.arithmetic.error_odds import one_reading
from mirage_core.arithmetic.redundancy import RedundantCode
from mirage_core.arithmetic.redundancy_policy import Redundancy
from mirage_core.arithmetic.residue_errors import ResidueErrors
from mirage_core.engines import CompactEngine, FieldEngine, InjectedEngine, Operands
from mirage_core.engines.base import Readings
from mirage_core.engines.guard import settle
from mirage_core.ledger import Counts
from photonics.errors import InputError
from photonics.random import NoiseKey
from photonics.statistics import required_gamma, symbol_error_rate
from tests.tolerance import Z

SMALL = ["array.units=2", "array.rows=8"]
# About one readout in fifteen is wrong.
NOISY = [*SMALL, "laser.power_w=0.6e-3", "multiplier.static_phase_rms_rad=2e-3"]
KEY = NoiseKey.from_seed(0)


def operands(groups: int, rows: int, vectors: int, offset: int = 0) -> Operands:
    generator = torch.Generator().manual_seed(0)
    stationary = torch.randint(-15, 16, (groups, rows, 16), generator=generator)
    streamed = torch.randint(-15, 16, (groups, vectors, 16), generator=generator)
    return Operands(stationary.short(), streamed.short(), 3600, offset)


def test_a_block_is_settled_as_its_policy_says() -> None:
    moduli = ModuliSet((29, 32, 33))
    exact = torch.zeros(1, 2, 5)
    exact[0, 1] = torch.tensor([7.0, -9.0, 11.0, 100.0, -3600.0])
    first = moduli.to_residues(exact.long())
    # A slip of 29 at (0, 1, 1), of 33 at (0, 1, 2), of 32 at (0, 1, 4); two that cancel at
    # (0, 0, 3): 7424 + 7424 is beyond M/2, but 12672 · 2 - 30624 = -5280 is illegal, too.
    for place, lane, slip in (((1, 1), 0, 1), ((1, 2), 2, -1), ((1, 4), 1, 1), ((0, 3), 0, 2)):
        vector, row = place
        first[0, vector, row, lane] = (first[0, vector, row, lane] + slip) % moduli.moduli[lane]
    asked: list[tuple[int, list[list[int]]]] = []

    def again(suspects: torch.Tensor, attempt: int) -> list[torch.Tensor]:
        """The first attempt mends (0, 0, 3) and (0, 1, 1), the second (0, 1, 4)."""
        asked.append((attempt, suspects.tolist()))
        good = {1: [(0, 3), (1, 1)], 2: [(1, 4)]}[attempt]
        rows = [
            moduli.to_residues(exact[tuple(s)].long()) if tuple(s[1:]) in good else first[tuple(s)]
            for s in suspects.tolist()
        ]
        return list(torch.stack(rows).unbind(-1))

    readings = Readings(slice(0, 2), slice(0, 5), exact, list(first.unbind(-1)), again, 2)
    block = settle(readings, moduli, Redundancy(policy="reread", attempts=2), 3600)
    expected = exact.clone()
    expected[0, 1, 2] = 0
    assert torch.equal(block.dots.float(), expected)
    everyone = [[0, 0, 3], [0, 1, 1], [0, 1, 2], [0, 1, 4]]
    assert asked == [(1, everyone), (2, [[0, 1, 2], [0, 1, 4]])]
    assert (block.wrong, block.undetected, block.corrected) == (1, 0, 0)
    assert (block.re_reads, block.detected) == (4 + 2, 4 + 2 + 1)
    # Tiles of two rows: rows 3 | 1 | 2 | 4 lie in tiles 1 | 0 | 1 | 2; rows 2 and 3 in one tile
    # but of different vectors.
    assert block.re_read_symbols == 4 + 2
    # The slips of 29, 33, 32 and 29 again; then 33 and 32; then 33.
    assert block.errors == {29: 2, 32: 2, 33: 3}
    assert (block.counts.dropped, block.counts.symbols) == (1, 6)
    assert block.counts.readouts == {29: 6, 32: 6, 33: 6}

    dropped = settle(readings, moduli, Redundancy(policy="drop"), 3600)
    assert dropped.dots[0, 1].tolist() == [7, 0, 0, 100, 0]
    # The zero of (0, 0, 3) is dropped, but right.
    assert (dropped.detected, dropped.wrong, dropped.re_reads) == (4, 3, 0)
    believed = settle(readings, moduli, Redundancy(), 3600)
    assert (believed.wrong, believed.undetected, believed.detected) == (4, 4, 0)


def test_integers_of_one_symbol_are_read_again_together() -> None:
    moduli = ModuliSet((29, 32, 33))
    exact = torch.zeros(1, 1, 6)
    wrong = moduli.to_residues(torch.full((1, 1, 6), 5000)).unbind(-1)
    right = moduli.to_residues(torch.zeros(6, dtype=torch.int64)).unbind(-1)
    readings = Readings(
        slice(0, 1), slice(0, 6), exact, list(wrong), lambda *_: list(right), tile_rows=4
    )
    block = settle(readings, moduli, Redundancy(policy="reread"), 3600)
    assert (block.re_reads, block.re_read_symbols) == (6, 2)


@pytest.mark.parametrize("fidelity", ["compact", "field", "injected"])
def test_reading_again_is_a_reading_with_the_noise_of_the_attempt(
    fidelity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The same readouts, read as a whole under the attempt's key, and one by one again.
    machine = load_machine("robust", [*NOISY, "moduli=[29, 32, 33]"])
    chip = fabricate(machine, machine.moduli, machine.array_shape, 0)
    engine, module = {
        "compact": (CompactEngine(chip, machine.moduli_set), compact_module),
        "field": (FieldEngine(chip, machine.moduli_set), field_module),
        "injected": (
            InjectedEngine(
                machine.moduli_set, ResidueErrors(probability=0.2), Redundancy(), tile_rows=8
            ),
            injected_module,
        ),
    }[fidelity]
    taken: list[Readings] = []

    def spy(readings: Readings, *rest: Any) -> Any:
        taken.append(readings)
        return settle(readings, *rest)

    monkeypatch.setattr(module, "settle", spy)
    o = operands(3, 19, 40, offset=5)
    list(engine.blocks(o, KEY))
    list(engine.blocks(o, KEY.fold("attempt", 2)))
    half = len(taken) // 2
    for before, whole in zip(taken[:half], taken[half:], strict=True):
        assert before.rows == whole.rows
        shape = before.exact.shape
        some = torch.ones(shape, dtype=torch.bool).nonzero()[torch.randperm(before.exact.numel())]
        some = some[: len(some) // 3]
        found = before.again(some, 2)
        for lane in range(3):
            assert torch.equal(found[lane].long(), whole.residues[lane][tuple(some.T)].long())
            assert not torch.equal(found[lane].long(), before.residues[lane][tuple(some.T)].long())


PROTECTED = ["moduli=[29, 32, 33]", "redundancy.policy=reread", "redundancy.attempts=2"]
CORRECTING = [
    "moduli=[31, 32, 33]",
    "redundancy.policy=correct",
    "redundancy.redundant_moduli=[35, 37]",
]


@pytest.mark.parametrize("policy", [PROTECTED, CORRECTING], ids=["reread", "correct"])
def test_protected_products_do_not_depend_on_tiling(
    policy: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = load_machine("robust", [*NOISY, *policy])
    generator = torch.Generator().manual_seed(3)
    a = torch.randn(40, 70, generator=generator)
    b = torch.randn(70, 60, generator=generator)
    core = TensorCore(machine, seed=4)
    whole = core.matmul(a, b)
    assert core.ledger.total.re_reads > 100
    for name, size in (("_BLOCK_READOUTS", 700), ("_BLOCK_TABLE", 3000)):
        monkeypatch.setattr(compact_module, name, size)
        again = TensorCore(machine, seed=4)
        assert torch.equal(again.matmul(a, b), whole)
        assert again.ledger.as_dict() == core.ledger.as_dict()


@pytest.mark.parametrize("errors", [None, ResidueErrors(probability=0.03)])
def test_a_split_batch_is_protected_like_the_whole(errors: ResidueErrors | None) -> None:
    machine = load_machine("robust", [*NOISY, *PROTECTED])
    generator = torch.Generator().manual_seed(5)
    weight = torch.randn(10, 40, generator=generator)
    batch = torch.randn(24, 40, generator=generator)
    core = TensorCore(machine, fidelity="integer" if errors else "compact", errors=errors)
    with core.step(3):
        whole = core.matmul(batch, weight.T, stationary="b")
    assert core.ledger.total.re_reads > 10
    parts = []
    for first, last in ((0, 10), (10, 24)):
        with core.step(3, row_offset=first):
            parts.append(core.matmul(batch[first:last], weight.T, stationary="b"))
    assert torch.equal(torch.cat(parts), whole)


@pytest.mark.parametrize("fidelity", ["integer", "compact", "field"])
def test_the_ideal_limit_needs_no_protection_and_is_not_changed_by_it(fidelity: str) -> None:
    generator = torch.Generator().manual_seed(1)
    a, b = torch.randn(20, 50, generator=generator), torch.randn(50, 30, generator=generator)
    plain = TensorCore("isca2024-ideal", fidelity="integer").matmul(a, b)
    for policy in (PROTECTED, CORRECTING, ["redundancy.policy=drop"]):
        machine = load_machine("isca2024-ideal", [*SMALL, *policy])
        core = TensorCore(machine, fidelity=fidelity)
        assert torch.equal(core.matmul(a, b), plain)
        counts = core.ledger.total
        assert set(counts.readouts) == set(machine.lane_set.moduli)
        assert set(counts.readouts.values()) == {counts.integers}
        assert counts.errors.total() + counts.detected + counts.undetected + counts.corrected == 0


def counted(engine: InjectedEngine, o: Operands) -> Counts:
    return sum((block.counts for block in engine.blocks(o, KEY)), Counts())


def assert_count(found: int, chances: torch.Tensor) -> None:
    """A sum of independent bits against their probabilities."""
    allowed = Z * math.sqrt(float((chances * (1 - chances)).sum()))
    expected = float(chances.sum())
    assert abs(found - expected) <= allowed, (
        f"{found}, expected {expected:.1f} within {allowed:.1f}"
    )


@pytest.mark.parametrize("kind", ["slip", "uniform"])
@pytest.mark.parametrize(
    ("moduli", "policy", "attempts"),
    [
        ((31, 32, 33), "drop", 0),
        ((31, 32, 33), "reread", 1),
        ((29, 32, 33), "reread", 3),
        ((31, 32, 33, 35), "reread", 2),
        ((31, 32, 33, 35, 37), "correct", 1),
        ((31, 32, 33, 13, 19), "correct", 2),
    ],
)
def test_counts_are_those_of_the_closed_form(
    moduli: tuple[int, ...], policy: str, attempts: int, kind: str
) -> None:
    law = ResidueErrors(probability=0.04, kind=kind)  # type: ignore[arg-type]
    redundancy = Redundancy(policy=policy, attempts=attempts, redundant_moduli=moduli[3:])  # type: ignore[arg-type]
    o = operands(4, 16, 1200)
    counts = counted(InjectedEngine(ModuliSet(moduli), law, redundancy, tile_rows=8), o)
    code = RedundantCode(ModuliSet(moduli), 3600)
    x = o.exact_dots(slice(0, 1200), slice(0, 16)).long().flatten()
    once = one_reading(code, law, x, policy == "correct")
    after = once.after(redundancy.re_reads)
    assert_count(counts.undetected, after.undetected)
    assert_count(counts.dropped, after.detected)
    readings = len(x) + counts.re_reads
    assert_count(counts.errors.total(), torch.full((readings * len(moduli),), law.probability))
    # Readings again of one integer: r or more with probability p_d^r.
    tries = torch.arange(1, redundancy.re_reads + 1, dtype=torch.float64)
    more = once.detected.unsqueeze(-1) ** tries
    mean = more.sum(-1)
    assert torch.allclose(once.expected_re_reads(redundancy.re_reads), mean)
    variance = ((2 * tries - 1) * more).sum(-1) - mean**2
    assert abs(counts.re_reads - float(mean.sum())) <= Z * math.sqrt(float(variance.sum()))
    # Accepted only thanks to correction, in whichever reading.
    plain = one_reading(code, law, x, False)
    gained = (plain.detected - once.detected) * after.correct / once.correct
    assert_count(counts.corrected, gained)
    assert (counts.corrected > 400) == (policy == "correct")


def test_drawn_errors_do_not_depend_on_tiling(monkeypatch: pytest.MonkeyPatch) -> None:
    redundancy = Redundancy(policy="reread", attempts=2)
    law = ResidueErrors(probability=0.05)
    engine = InjectedEngine(ModuliSet((29, 32, 33)), law, redundancy, tile_rows=8)
    o = operands(3, 19, 300)
    whole = counted(engine, o)
    dots = torch.cat([b.dots for b in engine.blocks(o, KEY)], dim=1)
    monkeypatch.setattr(injected_module, "_BLOCK", 500)
    blocks = list(engine.blocks(o, KEY))
    assert len(blocks) > 10
    assert torch.equal(torch.cat([b.dots for b in blocks], dim=1), dots)
    assert counted(engine, o) == whole


def test_a_core_with_errors_by_decree() -> None:
    machine = load_machine("isca2024-ideal", SMALL)
    law = ResidueErrors(probability=0.01)
    a, b = torch.randn(16, 64), torch.randn(64, 32)
    core = TensorCore(machine, fidelity="integer", errors=law, seed=3)
    again = pickle.loads(pickle.dumps(core))
    assert copy.deepcopy(core) is core
    first = core.matmul(a, b)
    assert torch.equal(again.matmul(a, b), first)
    assert not torch.equal(core.matmul(a, b), first)
    assert core.ledger.total.wrong_integers == core.ledger.total.undetected > 0
    assert core.ledger.as_dict() == type(core.ledger).from_dict(core.ledger.as_dict()).as_dict()
    none = TensorCore(machine, fidelity="integer", errors=ResidueErrors())
    assert torch.equal(none.matmul(a, b), TensorCore(machine, fidelity="integer").matmul(a, b))
    with pytest.raises(InputError, match="fidelity compact has errors of its own"):
        TensorCore(machine, errors=law)
    with pytest.raises(InputError, match="no light to probe"), core.probe():
        pass


def test_protection_repairs_the_machine_with_light() -> None:
    # Noise alone, one readout in 200 wrong: reading again or correcting mends the product.
    ideal = load_machine("isca2024-ideal")
    amplitude_a = Budget(ideal, 32, 16).at_loss(0.0).amplitude_a
    sigma_a = amplitude_a / math.sqrt(2.0 * required_gamma(5e-3, 32))
    density = sigma_a / math.sqrt(ideal.receiver.noise_bandwidth_hz)
    noise = f"receiver.tia.noise_a_per_rthz={density!r}"
    overrides = ["array.units=1", "receiver.adc_extra_bits=8", noise]
    generator = torch.Generator().manual_seed(2)
    a = torch.randint(-15, 16, (32, 16), generator=generator).float()
    b = torch.randint(-15, 16, (16, 2000), generator=generator).float()
    wrong = {}
    for name, policy in {"none": [], "reread": PROTECTED, "correct": CORRECTING}.items():
        machine = load_machine("isca2024-ideal", [*overrides, *policy])
        core = TensorCore(machine)
        core.matmul(a, b)
        counts = core.ledger.total
        assert 1e-3 < counts.residue_error_rate < 1e-2
        wrong[name] = counts.wrong_integers
    assert wrong["none"] > 400
    assert max(wrong["reread"], wrong["correct"]) < wrong["none"] / 100


def test_closed_form_odds_hold_in_the_light_of_receivers_that_are_independent() -> None:
    # Receiver noise alone, the same for all moduli: closed-form rates, from which follows how
    # many integers have one wrong residue (put right) and more (not put right), if independent.
    ideal = load_machine("isca2024-ideal")
    budgets = {m: Budget(ideal, m, 16) for m in (31, 32, 33, 35, 37)}
    sigma_a = budgets[32].at_loss(0.0).amplitude_a / math.sqrt(2.0 * required_gamma(3e-2, 32))
    density = sigma_a / math.sqrt(ideal.receiver.noise_bandwidth_hz)
    rates = {
        m: float(symbol_error_rate((b.at_loss(0.0).amplitude_a / sigma_a) ** 2 / 2, m))
        for m, b in budgets.items()
    }
    overrides = ["array.units=1", "receiver.adc_extra_bits=8", "redundancy.attempts=0"]
    noise = f"receiver.tia.noise_a_per_rthz={density!r}"
    core = TensorCore(load_machine("isca2024-ideal", [*CORRECTING, *overrides, noise]))
    generator = torch.Generator().manual_seed(6)
    a = torch.randint(-15, 16, (32, 16), generator=generator).float()
    b = torch.randint(-15, 16, (16, 2000), generator=generator).float()
    core.matmul(a, b)
    counts = core.ledger.total
    for modulus, rate in rates.items():
        assert_count(counts.errors[modulus], torch.full((counts.integers,), rate))
    right = math.prod(1.0 - p for p in rates.values())
    one = right * sum(p / (1.0 - p) for p in rates.values())
    assert_count(counts.corrected, torch.full((counts.integers,), one))
    more = counts.detected + counts.undetected
    assert more > 300
    assert_count(more, torch.full((counts.integers,), 1.0 - right - one))


def test_laser_noise_makes_the_integers_of_a_symbol_fail_together() -> None:
    # Phase noise of the laser alone: the rows of an array read the same wrong angle.
    noise = [
        "laser.linewidth_hz=1.5e8",
        "receiver.rail_mismatch_s=1e-11",
        "receiver.tia.bandwidth_hz=10e9",
        "receiver.adc_extra_bits=8",
    ]
    machine = load_machine("isca2024-ideal", ["array.units=1", *noise])
    core = TensorCore(machine)
    a = torch.randint(1, 16, (32, 16), generator=torch.Generator().manual_seed(7)).float()
    b = torch.randint(1, 16, (16, 1000), generator=torch.Generator().manual_seed(8)).float()
    wrong = core.matmul(a, b) != TensorCore("isca2024-ideal", fidelity="integer").matmul(a, b)
    symbols = wrong.double().sum(0)
    rate = float(wrong.double().mean())
    assert 1e-3 < rate < 0.5
    # Independent rows would have the variance of a binomial, 32 p (1 - p).
    binomial = 32 * rate * (1 - rate)
    assert float(symbols.var()) > binomial * (1 + Z * math.sqrt(2 / 1000))
    assert float(symbols.var()) > 5 * binomial


@pytest.mark.parametrize(
    ("overrides", "parts"),
    [
        (["redundancy.policy=correct"], ["redundancy.redundant_moduli = ()", "use (13, 19)"]),
        (["redundancy.policy=fix"], ["redundancy.policy = 'fix'", "'reread'"]),
        (["redundancy.policy=reread", "redundancy.attempts=0"], ["attempts = 0", "drop"]),
        (["redundancy.redundant_moduli=[35]"], ["not used by the policy none"]),
        (["redundancy.policy=drop", "redundancy.redundant_moduli=[62]"], ["share"]),
        (
            ["redundancy.policy=drop", "redundancy.attempts=5"],
            ["redundancy.attempts = 5", "not used by the policy drop", "reread or correct"],
        ),
        (["redundancy.attempts=1"], ["redundancy.attempts = 1", "not used by the policy none"]),
        (["redundancy.tries=1"], ["no such field", "attempts, policy, redundant_moduli"]),
        (["moduli=[13, 19, 23]", "redundancy.policy=drop"], ["short by 760"]),
    ],
)
def test_impossible_protection_is_refused_with_the_machine(
    overrides: list[str], parts: list[str]
) -> None:
    with pytest.raises(InputError) as error:
        load_machine("isca2024", overrides)
    for part in parts:
        assert part in str(error.value)


def test_a_policy_is_changed_without_a_word_about_attempts() -> None:
    for policy in ("none", "drop"):
        machine = load_machine("robust", [f"redundancy.policy={policy}"])
        assert machine.redundancy.re_reads == 0
        assert load_machine("robust", [f"redundancy.policy={policy}", "redundancy.attempts=0"])


def test_redundant_moduli_have_arrays_of_their_own() -> None:
    power = "lane_power_w.37=1e-3"
    machine = load_machine("isca2024", [*SMALL, *CORRECTING, power])
    assert machine.moduli == (31, 32, 33)
    assert machine.lane_set.moduli == (31, 32, 33, 35, 37)
    assert machine.unit_power_w(37) == 1e-3
    assert set(TensorCore(machine).chip.moduli) == {31, 32, 33, 35, 37}
    lacking = fabricate(machine, machine.moduli, machine.array_shape, 0)
    with pytest.raises(InputError, match=r"no array for moduli \[35, 37\]"):
        TensorCore(machine, chip=lacking)
    with pytest.raises(InputError, match="lane_power_w"):
        load_machine("isca2024", [power])
