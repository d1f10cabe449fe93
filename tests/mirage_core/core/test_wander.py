"""A core whose chip wanders: step by step, alike in both fidelities, compiled once."""

from __future__ import annotations

import math
import pickle
from collections.abc import Mapping

import pytest
import torch
from torch import nn

import mirage_core as mirage
from circuits import compile_chip, load_compiled, row_wanders, save_compiled
from circuits.analysis.wander_errors import wander_errors
from circuits.chip import compiling
from mirage_core.machine.config import MachineConfig
from photonics.errors import InputError
from photonics.random import NoiseKey
from photonics.wander import step_variance
from tests.circuits.control.test_pilots import UNFLAWED
from tests.machines import ONE_UNIT
from tests.mirage_core.helpers import gaussian, gradients

WANDER = {
    "drift.step_s": 1.0,
    "drift.common_wander_rms_k": 5e-3,
    "drift.rail_wander_rms_k": 3e-3,
    "drift.laser_wander_rms_hz": 1e8,
}
PILOTS = {"drift.pilots": 64, "drift.pilot_period_steps": 4}
X, W = gaussian(24, 48), gaussian(20, 48, seed=1)


def machine(*changes: Mapping[str, float]) -> MachineConfig:
    every = {key: value for change in changes for key, value in change.items()}
    return mirage.load_machine("robust", [*ONE_UNIT, "redundancy.policy=none"]).changed(every)


def core(
    *changes: Mapping[str, float], fidelity: str = "compact", seed: int = 0
) -> mirage.TensorCore:
    return mirage.TensorCore(machine(*changes), fidelity=fidelity, seed=seed)


def product(on: mirage.TensorCore, step: int) -> torch.Tensor:
    with on.step(step):
        return on.matmul(X, W.T)


def wrong(on: mirage.TensorCore, step: int) -> int:
    before = on.ledger.total.errors.total()
    product(on, step)
    return on.ledger.total.errors.total() - before


@pytest.mark.parametrize("fidelity", ["compact", "field"])
def test_without_wander_time_changes_no_bit(fidelity: str) -> None:
    still = {name: 0.0 for name in WANDER if "rms" in name}
    plain, timed = core(fidelity=fidelity), core(WANDER, PILOTS, still, fidelity=fidelity)
    assert timed.wanders == {}
    for step in (0, 9):
        assert torch.equal(product(plain, step), product(timed, step))


def test_steps_in_any_order_and_on_any_core_see_the_same() -> None:
    first, second = core(WANDER, PILOTS), core(WANDER, PILOTS)
    steps = [3, 1000, 4, 5, 0]
    forth = {n: product(first, n) for n in steps}
    back = {n: product(second, n) for n in reversed(steps)}
    assert all(torch.equal(forth[n], back[n]) for n in steps)
    again = pickle.loads(pickle.dumps(first))
    assert torch.equal(product(again, 1000), forth[1000])


def test_the_way_is_that_of_the_seed_and_not_of_the_noise_of_a_step() -> None:
    one, other, next_seed = core(WANDER), core(WANDER, fidelity="field"), core(WANDER, seed=1)
    for part in zip(one._at(50)[33], other._at(50)[33], strict=True):
        assert torch.equal(*part)
    assert not torch.equal(one._at(50)[33].rail_rad, next_seed._at(50)[33].rail_rad)


def test_a_split_batch_reads_the_same_as_the_whole() -> None:
    on = core(WANDER)
    layer = mirage.convert(nn.Linear(48, 20, bias=False), on)
    with on.step(700):
        whole = layer(X)
    parts = []
    for start in (0, 7):
        with on.step(700, row_offset=start):
            parts.append(layer(X[start : start + 7] if start == 0 else X[7:]))
    assert torch.equal(torch.cat(parts), whole)


def test_backward_has_the_light_of_its_forward() -> None:
    on = core(WANDER)
    seen = []
    real = on._at
    on._at = lambda *at: (seen.append(at[0]), real(*at))[1]  # type: ignore[assignment,method-assign]
    layer = mirage.convert(nn.Linear(48, 20), on)
    with on.step(12):
        y = layer(X.clone().requires_grad_())
    with on.step(90):
        pass
    y.sum().backward()
    assert seen == [12, 12, 12]
    # What counts its own steps goes by those of training.
    seen.clear()
    layer.train()
    gradients(layer, X, torch.randn(24, 20))
    layer.eval()
    layer(X)
    with on.step(5, training=False, time_step=77):
        layer(X)
    assert seen == [0, 0, 0, 1, 77]


def test_nothing_is_compiled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    real = compiling.compile_arrays
    monkeypatch.setattr(compiling, "compile_arrays", lambda *x: (made.append(1), real(*x))[1])
    on = core(WANDER, PILOTS)
    for step in (0, 10, 20):
        product(on, step)
    assert len(made) == 3  # moduli


# No noise at all: what is left are the chip and its wander.
QUIET = {
    "laser.rin_db_per_hz": -400.0,
    "laser.linewidth_hz": 0.0,
    "receiver.tia.bandwidth_hz": 1e-6,
    "receiver.memory": "settled",
    "receiver.clock_jitter_s": 0.0,
    "receiver.adc_noise_lsb": 0.0,
    "receiver.adc_extra_bits": 8,
}


def angles_rad(on: mirage.TensorCore, step: int) -> torch.Tensor:
    """Phase of the readings of the largest modulus."""
    with on.probe() as probe, on.step(step):
        # One block of rows: both fidelities read them in one order.
        on.matmul(W[:8], X.T)
    in_phase, quadrature, _, _ = probe.samples[on.moduli.moduli[-1]].double()
    return torch.atan2(quadrature, in_phase)


@pytest.mark.parametrize("pilots", [{}, PILOTS])
def test_both_fidelities_are_turned_alike(pilots: Mapping[str, float]) -> None:
    """Compact readings by derivatives, those of the reference by switches that have moved."""
    away = {"drift.common_wander_rms_k": 1e-2, "drift.laser_wander_rms_hz": 3e8}
    compact, field = (
        core(WANDER, pilots, away, QUIET, fidelity=name) for name in ("compact", "field")
    )
    start, late = ([angles_rad(on, step) for on in (compact, field)] for step in (0, 403))
    turned, apart = (
        torch.remainder(a - b + torch.pi, 2 * torch.pi) - torch.pi
        for a, b in ((late[1], start[1]), (late[0], late[1]))
    )
    moved_rad, apart_rad = (float(x.square().mean().sqrt()) for x in (turned, apart))
    assert moved_rad > 0.05
    # Derivatives hold to half a percent (tests/circuits/control/test_wander.py); sums of phases are
    # on a grid of 3e-5 rad or finer, one step rms of a row of 96 digits by 5, and converters' noise
    # is left out.
    assert apart_rad < 5e-3 * moved_rad + 5 * 3.1e-5


@pytest.mark.parametrize("pilots", [{}, PILOTS])
@pytest.mark.slow  # 24 s
@pytest.mark.parametrize("step", [3, 401])
def test_accuracy_is_lost_with_time_as_predicted(step: int, pilots: Mapping[str, float]) -> None:
    """Rows turned by N(0, σ²) err by erfc(half cell / √2 σ), where nothing else is wrong."""
    rails = {"drift.step_s": 1.0, "drift.rail_wander_rms_k": 2e-3}
    flaws = (flaw.partition("=") for flaw in UNFLAWED)
    unflawed = {name: value if value == "none" else 0.0 for name, _, value in flaws}
    none = {"drift.common_rms_k": 0.0, "drift.rail_rms_k": 0.0, "calibration.policy": "none"}
    on = core(rails, unflawed, none, QUIET, pilots)
    foretold, wander = wander_errors(on.wanders[32]), on.wanders[32]
    variance_rad2 = foretold.total_rad**2
    if not pilots:
        variance_rad2 *= step_variance(step + 0.5, wander.correlation_steps[1]) / 2.0
    elif step < wander.period_steps:
        # The first pilots are those at the start: what came since half a period.
        variance_rad2 = foretold.rails_rad**2
    rate = math.erfc(math.pi / 32 / math.sqrt(2.0 * variance_rad2))
    seeds, found = 150, 0
    x, w = (
        NoiseKey.from_seed(4).fold(name).uniform(0, n * 16).mul(31).floor().view(n, 16) - 15.0
        for name, n in (("x", 40), ("w", 8))
    )
    for seed in range(seeds):
        each = mirage.TensorCore(on.machine, chip=on.compiled, seed=seed)
        with each.step(step):
            each.matmul(x.float(), w.float().T)
        found += each.ledger.total.errors[32]
    # Eight rows of every seed are turned by themselves.
    allowed = 5.0 * math.sqrt(rate * (1.0 - rate) / (8 * seeds)) + 0.1 * rate
    assert found / (seeds * 320) == pytest.approx(rate, abs=allowed)


def test_pilots_keep_what_time_takes() -> None:
    free, tracked = core(WANDER), core(WANDER, PILOTS)
    late = range(200, 1000, 100)
    lost, kept = (sum(wrong(on, n) for n in late) for on in (free, tracked))
    assert lost > 8 * 3 * wrong(free, 0)
    assert kept < 0.6 * lost


def test_what_cannot_wander_is_refused() -> None:
    on = core(WANDER)
    with pytest.raises(InputError, match=r"chip = .*stands still, and the machine wanders"):
        mirage.TensorCore(on.machine, chip=compile_chip(on.chip))


def test_a_compiled_chip_wanders_from_a_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    on = core(WANDER, PILOTS)
    path = tmp_path / "chip"
    save_compiled(compile_chip(on.chip, row_wanders(on.chip)), path)
    loaded = mirage.TensorCore(on.machine, chip=load_compiled(path))
    assert torch.equal(product(loaded, 40), product(on, 40))


def test_exact_products_do_not_wander() -> None:
    exact = core(WANDER, fidelity="integer")
    assert torch.equal(product(exact, 0), product(exact, 5000))


def test_a_chip_is_the_same_whatever_wanders() -> None:
    one, other = core(WANDER, {"drift.pilots": 64}), core()
    for modulus, trims in one.chip.trims.items():
        assert torch.equal(trims.digit_rad, other.chip.trims[modulus].digit_rad)
    # A chip of a still machine runs on one that wanders, and the other way about.
    on = mirage.TensorCore(machine(WANDER), chip=other.chip)
    assert torch.equal(product(on, 30), product(one, 30))
