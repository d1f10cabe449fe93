"""Products by the native kernels are those of the reference, bit by bit, and so is the ledger."""

from __future__ import annotations

import pytest
import torch

from mirage_core import TensorCore
from mirage_core.native import engine
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.mirage_core.native.kernels import INSTRUCTIONS, network_like, normal, pair

# What machines differ in, one thing at a time; power sets how often readouts err.
MACHINES = {
    "robust": ("robust",),
    "lean": ("lean",),
    "closed": ("isca2024-closed",),
    "ideal": ("isca2024-ideal",),
    "dim": ("robust", "laser.power_w=3e-3"),
    "dimmer": ("robust", "laser.power_w=1e-3"),
    "dark": ("robust", "laser.power_w=5e-5", "calibration.accept=any"),
    "nonlinear converters": ("robust", "receiver.adc_inl_rms_lsb=0.4"),
    "wide converters": ("robust", "receiver.adc_extra_bits=6"),
    "stepped gain": ("robust", "receiver.stage.step_db=1.0"),
    "fixed gain": ("robust", "receiver.gain=fixed"),
    "loud laser": ("robust", "laser.rin_db_per_hz=-120", "receiver.rail_mismatch_s=1e-10"),
    "unlike rails": ("robust", "rail_splitter.imbalance_db=1.0"),
    "two's complement": ("robust", "multiplier.encoding=twos-complement"),
    "the other polarity": ("robust", "multiplier.polarity=zero-coupled"),
    "own drives": ("robust", "multiplier.drive=per-digit", "multiplier.rail_drive=own"),
    "corrected": ("robust", "redundancy.policy=correct", "redundancy.redundant_moduli=[35, 37]"),
    "believed": ("robust", "redundancy.policy=none", "laser.power_w=2e-3"),
    "short rows": ("robust", "bfp.group_size=8"),
    "odd rows": ("robust", "bfp.group_size=6", "array.rows=5", "array.units=3"),
    "many rows": ("robust", "array.rows=40", "array.units=1", "feed.fan_out=64"),
    "long rows": ("robust", "bfp.group_size=32", "laser.power_w=0.2", "calibration.accept=any"),
    "tilted": (
        "robust",
        "receiver.hybrid.coupler.imbalance_rms_db=0.8",
        "receiver.adc_extra_bits=6",
        "receiver.adc_noise_lsb=0",
        "calibration.accept=any",
    ),
    "three bits": ("robust", "bfp.mantissa_bits=3"),
    "truncated": ("robust", "bfp.rounding=truncate"),
    "MZI": ("robust", "multiplier.switch.kind=mzi", "laser.power_w=2.0", "calibration.accept=any"),
    "electro-optic": ("robust", "multiplier.shifter.kind=electro-optic"),
}


def assert_same(fast: TensorCore, slow: TensorCore, a: torch.Tensor, b: torch.Tensor) -> None:
    """Two products of one step are the same, and so is what the ledgers say of their errors."""
    for core in (fast, slow):
        core.ledger.kinds.clear()
    with fast.step(3), slow.step(3):
        assert torch.equal(fast.matmul(a, b), slow.matmul(a, b))
        assert torch.equal(fast.matmul(2 * a, b), slow.matmul(2 * a, b))
    found, expected = vars(fast.ledger.total), vars(slow.ledger.total)
    assert {**found, "screened": 0, "handed_back": 0} == expected


# Loaded by noisy converters.
DRIVES = ("multiplier.dac.noise_v=2e-3", "multiplier.drive_inl_rms=0")
WANDER = ("drift.rail_wander_rms_k=0.01", "drift.step_s=1e-3")
# Those that go first through what a machine of its own alone brings; the rest take longer.
FIRST = (
    *("robust", "lean", "closed", "dim", "dark"),
    *("nonlinear converters", "stepped gain", "odd rows"),
)
REST = [name for name in MACHINES if name not in FIRST]


@pytest.mark.parametrize("name", FIRST)
def test_machines_decide_alike(name: str) -> None:
    fast, slow = pair(*MACHINES[name])
    assert_same(fast, slow, *network_like(21, 50, 40))
    assert_same(fast, slow, *normal(21, 50, 40))


@pytest.mark.slow  # 30 s
@pytest.mark.parametrize("name", REST)
def test_every_other_machine_decides_alike(name: str) -> None:
    fast, slow = pair(*MACHINES[name])
    assert_same(fast, slow, *network_like(21, 50, 40))
    assert_same(fast, slow, *normal(21, 50, 40))


@pytest.mark.parametrize(
    "name",
    ["robust", "dark", "nonlinear converters", "stepped gain", "odd rows"],
)
def test_tensors_decide_alike(name: str) -> None:
    fast, slow = pair(*MACHINES[name], tensors=True)
    assert_same(fast, slow, *network_like(21, 50, 40))
    assert_same(fast, slow, *normal(21, 50, 40))


def test_rates_from_none_to_a_half_are_covered() -> None:
    """The machines above err never, seldom and always: equality of zeros would show nothing."""
    rates = {}
    for name in ("ideal", "dim", "dimmer", "dark"):
        fast, _ = pair(*MACHINES[name])
        fast.matmul(*normal(21, 50, 40))
        rates[name] = fast.ledger.total.residue_error_rate
    assert rates["ideal"] == 0.0
    assert 1e-4 < rates["dim"] < 0.05
    assert 0.01 < rates["dimmer"] < 0.3
    assert rates["dark"] > 0.5


@pytest.mark.parametrize("instructions", INSTRUCTIONS)
@pytest.mark.parametrize("name", ["dim", "nonlinear converters", "odd rows"])
def test_every_instruction_set_decides_alike(name: str, instructions: str) -> None:
    fast, slow = pair(*MACHINES[name], instructions=instructions)
    assert_same(fast, slow, *normal(43, 50, 30))


@pytest.mark.parametrize("size", [1, 3, 32, 33, 127])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_every_shape_decides_alike(axis: int, size: int) -> None:
    shape = [17, 19, 11]
    shape[axis] = size
    fast, slow = pair(*MACHINES["dim"])
    assert_same(fast, slow, *normal(*shape))


@pytest.mark.slow  # 6 s
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_large_shapes_decide_alike(axis: int) -> None:
    shape = [17, 19, 11]
    shape[axis] = 4097
    fast, slow = pair(*MACHINES["dim"])
    assert_same(fast, slow, *normal(*shape))


def test_nothing_depends_on_how_work_is_cut() -> None:
    fast, _ = pair(*MACHINES["dimmer"])
    a, b = normal(70, 50, 60)
    with fast.step(1):
        whole = fast.matmul(a, b)
    for cut in (1, 3, 8, 29):
        parts = []
        for first, last in ((0, cut), (cut, 60)):
            with fast.step(1, row_offset=first):
                parts.append(fast.matmul(a, b[:, first:last]))
        assert torch.equal(torch.cat(parts, dim=1), whole)


@pytest.mark.parametrize("shapes", [((3, 21, 50), (3, 50, 40)), ((2, 1, 40, 5), (2, 3, 5, 33))])
@pytest.mark.parametrize("name", ["dim", "stepped gain", "odd rows", "drives", "wander"])
def test_stacks_are_their_products(name: str, shapes: tuple[tuple[int, ...], ...]) -> None:
    """A stack goes through the kernels at once; the reference takes its items one by one."""
    own = {
        "drives": ("robust", *DRIVES, "calibration.accept=any"),
        "wander": ("robust", *WANDER),
    }
    fast, slow = pair(*(MACHINES | own)[name])
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(shape, generator=generator) for shape in shapes)
    assert_same(fast, slow, a, b)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        assert_same(fast, slow, a, b)
    finally:
        torch.set_num_threads(before)


# Few rows and many, of which the second array holds more than 32; several chunks of symbols, and
# offsets that no four symbols begin at.
@pytest.mark.parametrize("name", ["dim", "short", "wander", "drives"])
def test_rows_few_and_many_decide_alike(name: str) -> None:
    own = {
        "short": ("robust", "bfp.group_size=7", "laser.power_w=1e-4"),
        "wander": ("robust", *WANDER, "laser.power_w=3e-3"),
        "drives": (
            "robust",
            *DRIVES,
            "array.rows=36",
            "array.units=1",
            "feed.fan_out=64",
        ),
    }
    fast, slow = pair(*(MACHINES | own)[name], "calibration.accept=any")
    for rows, vectors, offset in ((1, 63, 1), (5, 300, 2), (16, 130, 3), (36, 130, 5)):
        a, b = normal(rows, 40, vectors)
        found = []
        for core in (fast, slow):
            with core.step(1, row_offset=offset):
                found.append(core.matmul(a, b))
        assert torch.equal(*found)
    assert fast.ledger.total.errors == slow.ledger.total.errors
    assert fast.ledger.total.errors.total() > 0


def test_views_of_negatives_are_multiplied_as_what_they_are() -> None:
    fast, _ = pair("robust", fidelity="integer")
    a, b = normal(5, 20, 4)
    assert torch.equal(fast.matmul(torch._neg_view(a), b), fast.matmul(-a, b))
    stack = torch._neg_view(b).expand(3, -1, -1)
    assert torch.equal(fast.matmul(a, stack), fast.matmul(a, (-b).expand(3, -1, -1)))


def test_stacks_that_do_not_fit_are_refused() -> None:
    fast, _ = pair("robust", fidelity="integer")
    keys = [NoiseKey.from_seed(seed) for seed in range(3)]
    w = torch.zeros(3, 20, 50)
    for x in (torch.zeros(1, 40, 50), torch.zeros(2, 40, 50), torch.zeros(3, 40, 16)):
        with pytest.raises(InputError):
            fast.gemms(w, x, keys, "forward")
    with pytest.raises(InputError, match="must be of one length"):
        fast.gemms(w, torch.zeros(3, 40, 50), keys[:1], "forward")


def test_items_that_are_not_finite_spoil_no_others() -> None:
    fast, slow = pair(*MACHINES["dim"])
    a, b = normal(2 * 21, 50, 40)
    a = a.unflatten(0, (2, 21)).clone()
    a[1, 3, 2] = torch.nan
    with fast.step(1), slow.step(1):
        found, expected = fast.matmul(a, b.expand(2, -1, -1)), slow.matmul(a, b.expand(2, -1, -1))
    assert torch.equal(found[0], expected[0])
    assert torch.equal(found[1].isnan(), expected[1].isnan())
    assert found[1].isnan().any(1).sum() == 1


def test_long_batches_are_worked_on_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    fast, slow = pair(*MACHINES["dim"])
    monkeypatch.setattr(engine, "_PART", 7)
    assert_same(fast, slow, *normal(21, 50, 40))


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_threads_change_nothing(threads: int) -> None:
    fast, _ = pair(*MACHINES["dimmer"])
    a, b = normal(300, 50, 60)
    before = torch.get_num_threads()
    found = []
    for count in (1, threads):
        torch.set_num_threads(count)
        try:
            with fast.step(1):
                found.append(fast.matmul(a, b))
        finally:
            torch.set_num_threads(before)
    assert torch.equal(*found)


@pytest.mark.parametrize("tensors", [False, True])
@pytest.mark.parametrize("pilots", [0, 5])
def test_rows_that_wander_decide_alike(pilots: int, tensors: bool) -> None:
    wander = [
        "drift.common_wander_rms_k=0.01",
        "drift.rail_wander_rms_k=0.003",
        "drift.step_s=1e-3",
    ]
    fast, slow = pair("robust", *wander, f"drift.pilot_period_steps={pilots}", tensors=tensors)
    a, b = normal(21, 50, 40)
    for step in (0, 4, 11):
        with fast.step(step), slow.step(step):
            assert torch.equal(fast.matmul(a, b), slow.matmul(a, b))
    assert fast.ledger.total.errors == slow.ledger.total.errors


@pytest.mark.parametrize("instructions", INSTRUCTIONS)
@pytest.mark.parametrize(
    ("first", "second"),
    [(-70, 0), (-96, -22), (80, 10), (-127, 30), (80, 30), (-70, -75), (0, -127)],
)
def test_extreme_exponents_are_alike(first: int, second: int, instructions: str) -> None:
    """Below normal numbers too, where products are rounded; errors among them."""
    fast, slow = pair(*MACHINES["dim"], instructions=instructions)
    a, b = normal(40, 50, 30)
    # Every group has a power of its own, the last the least, so that sums are rounded on the way.
    a[:20] *= torch.exp2(first + 6.0 - torch.arange(50) // 16 * 2.0)
    b[:, 10:] *= 2.0**second
    assert_same(fast, slow, a, b)
    assert fast.ledger.total.wrong_integers > 0
    assert fast.ledger.total.screened > 0


def test_a_probe_forces_the_reference() -> None:
    fast, slow = pair(*MACHINES["dim"])
    a, b = normal(5, 20, 4)
    with fast.step(1), slow.step(1), fast.probe() as probe:
        assert torch.equal(fast.matmul(a, b), slow.matmul(a, b))
    assert all(len(sample[0]) for sample in probe.samples.values())
    assert fast.ledger.total.screened == 0


@pytest.mark.parametrize("tensors", [False, True])
def test_most_of_a_network_is_screened_out(tensors: bool) -> None:
    fast, _ = pair("robust", tensors=tensors)
    fast.matmul(*network_like(64, 256, 128))
    counts = fast.ledger.total
    assert counts.screened > 0.95 * counts.readouts.total()
    assert counts.handed_back == 0


@pytest.mark.parametrize("name", ["robust", "dim", "unlike rails"])
def test_kernels_doubt_what_tensors_doubt_and_little_more(name: str) -> None:
    """Bounds of tensors are held against brute force; kernels round theirs, to the safe side."""
    evaluated = []
    for tensors in (False, True):
        core, _ = pair(*MACHINES[name], tensors=tensors)
        core.matmul(*normal(64, 128, 64))
        # Readings again are evaluated by both.
        evaluated.append(3 * 64 * 64 * 8 - core.ledger.total.screened)
    assert evaluated[1] <= evaluated[0] <= 1.4 * evaluated[1]


# By tables of rows, and without any where vectors are few, too.
@pytest.mark.parametrize(
    ("rows", "depth", "vectors"), [(1, 128, 300), (16, 128, 300), (12, 800, 50)]
)
@pytest.mark.parametrize("name", ["robust", "dim", "unlike rails"])
def test_few_rows_are_doubted_hardly_more_symbol_by_symbol(
    name: str, rows: int, depth: int, vectors: int
) -> None:
    """AVX-512 screens few rows in another way than AVX2, and keeps more of their tilts."""
    evaluated = []
    for instructions in ("avx2", "avx512"):
        core, _ = pair(*MACHINES[name], instructions=instructions)
        core.ledger.kinds.clear()
        with core.step(1, row_offset=3):
            core.matmul(*normal(rows, depth, vectors))
        evaluated.append(3 * rows * vectors * depth // 16 - core.ledger.total.screened)
    assert 0 < evaluated[1] <= evaluated[0] <= 1.6 * evaluated[1]


@pytest.mark.parametrize("rows", [1, 6, 16])
@pytest.mark.parametrize("name", ["robust", "dim", "unlike rails", "short"])
def test_few_symbols_are_doubted_as_many(name: str, rows: int) -> None:
    """Their phases are added up without tables, and rounded otherwise by less than shows."""
    short = "robust", "bfp.group_size=7", "laser.power_w=3e-4", "calibration.accept=any"
    core, _ = pair(*(MACHINES | {"short": short})[name])
    groups = 100
    a, b = normal(rows, groups * core.machine.bfp.group_size, 100)
    evaluated = []
    for parts in ((100,), (50, 14, 36)):
        core.ledger.kinds.clear()
        first = 0
        for vectors in parts:
            with core.step(1, row_offset=3 + first):
                core.matmul(a, b[:, first : first + vectors])
            first += vectors
        readouts = len(core.moduli.moduli) * rows * 100 * groups
        evaluated.append(readouts - core.ledger.total.screened)
    assert evaluated[0] > 0
    assert evaluated[1] == pytest.approx(evaluated[0], rel=0.01)


def test_integers_are_multiplied_as_by_torch() -> None:
    fast, slow = pair("robust", fidelity="integer")
    for shape in ((1, 1, 1), (40, 100, 7), (33, 16, 65)):
        assert torch.equal(fast.matmul(*normal(*shape)), slow.matmul(*normal(*shape)))
