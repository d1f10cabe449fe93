"""Light that enters the rails, from the laser's power and the losses by hand."""

from __future__ import annotations

import math

import pytest
import torch

from circuits import ArrayShape, Design, ModularArray, ModularDotProduct, fabricate
from circuits.design.circuit import ideal_design
from devices.light.laser import EdgeCoupler, Laser
from devices.passive.coupler import Splitter
from devices.passive.splitter import SplitterTree
from devices.switches.ring_trimmer import RingTrimmer
from photonics.errors import InputError
from tests.circuits.designs import HYBRID_DB, LAUNCH_DB, beat_rad

LOSSLESS = {
    "feed": SplitterTree(stage_loss_db=0.0, imbalance_rms_db=0.0),
    "rail_splitter": Splitter(excess_loss_db=0.0),
}


def with_light(base: Design, rails: str, **changes: object) -> Design:
    multiplier = base.multiplier.model_copy(update={"rails": rails})
    return base.model_copy(update={"multiplier": multiplier, **changes})


def test_two_rails_share_what_the_coupler_lets_through() -> None:
    # 2 mW and 3 dB: half of half each.
    half_db = 10.0 * math.log10(2.0)
    light = {"laser": Laser(power_w=2e-3), "coupler": EdgeCoupler(loss_db=half_db), **LOSSLESS}
    dual = with_light(Design(), "dual", **light)
    assert dual.row_power_w(31) == 2e-3
    assert dual.rail_powers_w(31) == pytest.approx((0.5e-3, 0.5e-3), rel=1e-12)
    single = with_light(Design(), "single", **light, signal_share=0.3)
    assert single.rail_powers_w(31) == pytest.approx((0.3e-3, 0.7e-3), rel=1e-12)
    own = with_light(Design(), "dual", **light, modulus_power_w={33: 6e-3})
    assert own.rail_powers_w(33) == pytest.approx((1.5e-3, 1.5e-3), rel=1e-12)
    assert own.rail_powers_w(31) == dual.rail_powers_w(31)


@pytest.mark.parametrize(("rows", "stages"), [(1, 0), (2, 1), (32, 5), (33, 6)])
def test_the_feed_loses_by_the_stage_and_not_by_the_split(rows: int, stages: int) -> None:
    lossy = ideal_design().changed({"feed.stage_loss_db": 0.5, "feed.fan_out": rows})
    expected_w = 1e-3 / 2 * 10 ** (-0.5 * stages / 10)
    assert lossy.changed({"laser.power_w": 1e-3}).rail_powers_w(31) == pytest.approx(
        (expected_w, expected_w), rel=1e-12
    )


def test_a_splitter_that_is_uneven_by_design_shifts_the_light_and_loses_its_own() -> None:
    """3 dB more on rail +: two thirds of what half a decibel leaves, the rest on rail -."""
    double_db = 10.0 * math.log10(2.0)
    uneven = {"laser.power_w": 1e-3, "rail_splitter.imbalance_db": double_db}
    design = ideal_design().changed({**uneven, "rail_splitter.excess_loss_db": 0.5})
    left_w = 1e-3 * 10**-0.05
    assert design.rail_powers_w(31) == pytest.approx((2 / 3 * left_w, left_w / 3), rel=1e-12)
    # A single rail of a fifth of the light: a quarter of its reference, then half.
    single = design.changed({"multiplier.rails": "single", "signal_share": 0.2})
    assert single.rail_powers_w(31) == pytest.approx((left_w / 3, 2 / 3 * left_w), rel=1e-12)


def test_phase_of_the_splitter_turns_the_first_rail_of_every_row() -> None:
    design = ideal_design().changed({"rail_splitter.phase_error_rad": 0.3})
    x, chip = torch.zeros(2, dtype=torch.int64), fabricate(design, (7,), ArrayShape(1, 2, 2), 0)
    rows = [ModularDotProduct(7, 2, design), ModularDotProduct(7, 2, chip=chip)]
    for row in rows:
        assert float(beat_rad(row.fields(x, x))) == pytest.approx(0.3, abs=1e-9)


@pytest.mark.parametrize("name", ["feed.imbalance_db", "feed.imbalance_rms_db"])
def test_a_feed_that_tells_rows_apart_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"^{name} = 0.1: must be 0: every row"):
        Design().changed({name: 0.1})


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"signal_share": 0.3}, "with two rails"),
        ({"receiver.reference_delay_s": 1e-12}, "with two rails"),
        ({"multiplier.rails": "single", "multiplier.rail_drive": "own"}, "on a single rail"),
        ({"receiver.stage.step_db": 1.0}, "on a gain that is fixed"),
        ({"calibration.max_gain_boost": 2.0}, "on a gain that is fixed"),
        ({"feed.phase_rms_rad": 1.0}, "on rows whose light never meets"),
        ({"receiver.tia.temperature_k": 77.0}, "without feedback_ohm"),
        ({"multiplier.dac.temperature_k": 77.0}, "without hold_capacitance_f"),
        ({"multiplier.heat.compensated": False}, "without heaters"),
    ],
)
def test_what_cannot_act_is_refused(changes: dict[str, object], why: str) -> None:
    name = list(changes)[-1]
    with pytest.raises(InputError, match=rf"{name.removesuffix('.step_db')} = .*cannot act {why}"):
        Design().changed(changes)


@pytest.mark.parametrize(("rails", "share"), [("dual", 0.5), ("single", 0.3)])
def test_all_launched_power_reaches_the_diodes_of_a_lossless_row(rails: str, share: float) -> None:
    light = {"laser": Laser(power_w=2e-3), "coupler": EdgeCoupler(loss_db=1.0)}
    design = with_light(ideal_design(), rails, **light, signal_share=share)
    launched_w = 2e-3 * 10 ** (-1.0 / 10)
    x, w = torch.tensor([3, 30, 7]), torch.tensor([7, 2, 19])
    powers_w = ModularDotProduct(31, 3, design).powers(x, w)
    assert float(powers_w.sum()) == pytest.approx(launched_w, rel=1e-6)
    # I = R 2 √(s (1 - s)) P / 2 · cos φ, and Q its sine.
    amplitude_a = 1.1 * math.sqrt(share * (1.0 - share)) * launched_w
    found_a = ModularDotProduct(31, 3, design).currents(x, w)
    assert float(found_a.norm()) == pytest.approx(amplitude_a, rel=1e-6)


@pytest.mark.parametrize("polarity", ["zero-coupled", "one-coupled"])
def test_powers_on_the_diodes_are_those_of_the_laser_less_every_loss(polarity: str) -> None:
    """0.75 mW, the way to the rails and from them, and per digit two rings and an arm.

    Nothing leaks far off.
    """
    ring = Design().multiplier.switch.model_copy(
        update={
            "detuning_m": 4.55e-9,
            "loss_db_per_m": 0.0,
            "trimmer": RingTrimmer(spread_rms_m=0.0),
        }
    )
    multiplier = Design().multiplier.model_copy(
        update={
            "switch": ring,
            "polarity": polarity,
            "bypass_phase_rad": math.pi / 2,
            "coherence_length_m": None,
            "index_rms": 0.0,
        }
    )
    even = Design().rail_splitter.changed({"imbalance_rms_db": 0.0})
    design = Design().model_copy(update={"multiplier": multiplier, "rail_splitter": even})
    residues = torch.tensor([0, 31, 5])
    zeros = torch.zeros(3, dtype=torch.int64)
    ones = sum(int(r).bit_count() for r in residues)
    unit_m = 2e-5 * (math.pi / 33 * 16) / (math.pi * 1.08)
    shifter_db = 1600.0 * unit_m * int(residues.sum())
    bends = 3 * 6 - ones if polarity == "zero-coupled" else ones
    lost_db = LAUNCH_DB + HYBRID_DB + shifter_db + bends * 2 * 0.01
    expected_w = 0.75e-3 * 10 ** (-lost_db / 10)
    found_w = float(ModularDotProduct(33, 3, design).powers(residues, zeros).sum())
    # A ring with k² = 0.1, nearly half a free spectral range away, passes 1 - d² with
    # d² <= (0.1 / 1.9)², and what drops in quadrature adds the square of that.
    most = 2 * 18 * (0.1 / 1.9) ** 2
    assert expected_w * (1 - 1.1 * most) < found_w < expected_w
    # Every row of an array gets as much.
    array = ModularArray.of(fabricate(design, (33,), ArrayShape(1, 2, 3), 0), 33)
    rows_w = array.fields(residues[None], zeros.expand(2, 3)).abs().square().sum(-1)
    rows_w = rows_w * 10 ** (-HYBRID_DB / 10)
    torch.testing.assert_close(rows_w, torch.full_like(rows_w, found_w), rtol=1e-9, atol=0)
