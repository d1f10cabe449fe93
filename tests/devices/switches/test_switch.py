"""Every kind of switch: what circuits rely on, whatever the kind."""

from __future__ import annotations

import math

import pytest
import torch

from devices.switches.switch import Switch
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.circuits.designs import SWITCHES, Prism
from tests.constants import WAVELENGTH_M
from tests.tolerance import assert_mean, assert_uncorrelated, assert_variance

EACH = pytest.mark.parametrize("switch", SWITCHES, ids=lambda s: s.kind)
LATTICE = (2, 8, 16, 5)
STATE = pytest.mark.parametrize("coupled", [True, False])


def offsets(switch: Switch) -> torch.Tensor:
    return switch.offsets(NoiseKey.from_seed(0), LATTICE, WAVELENGTH_M, 1e-3)


@EACH
@STATE
def test_light_goes_the_right_way_and_gains_nothing(switch: Switch, coupled: bool) -> None:
    offset = offsets(switch)
    fields = switch.fields(offset, WAVELENGTH_M, coupled=coupled)
    straight, crossed = (x.abs().square() for x in fields)
    assert straight.shape == (*LATTICE, 2, 2)
    right, wrong = (crossed, straight) if coupled else (straight, crossed)
    assert float((wrong / right).max()) < 0.1
    # The made-up kind conserves nothing.
    assert switch.offset_unit == "rad" or float((straight + crossed).max()) < 1.0


@EACH
def test_deviations_spread_by_their_rms(switch: Switch) -> None:
    offset = offsets(switch)
    assert offset.shape == (*LATTICE, 2, 2, switch.components)
    assert switch.components == 1 + len(switch.made_rms)
    for part, rms in enumerate(switch.made_rms, start=1):
        assert_variance(offset[..., part], rms**2)
        assert_mean(offset[..., part], 0.0, rms)
    # Neither rails nor the two switches of a digit have anything in common.
    for axis in (-2, -3):
        assert_uncorrelated(*offset[..., 0].movedim(axis + 1, 0))


@EACH
@STATE
def test_the_slope_is_that_of_the_phase(switch: Switch, coupled: bool) -> None:
    step = 1e-4 * switch.swing
    offset = torch.zeros(2, switch.components, dtype=torch.float64)
    offset[0, 0], offset[1, 0] = step, -step
    fields = switch.fields(offset, WAVELENGTH_M, coupled=coupled)
    up, down = fields.coupled if coupled else fields.straight
    slope = float((up / down).angle()) / (2.0 * step)
    assert switch.slope_rad(WAVELENGTH_M, coupled=coupled) == pytest.approx(slope, rel=1e-4)


@EACH
@STATE
def test_powers_are_means_over_what_is_as_fabricated(switch: Switch, coupled: bool) -> None:
    offset = offsets(switch).flatten(0, -2)
    offset[:, 0] = 0.0
    fields = switch.fields(offset, WAVELENGTH_M, coupled=coupled)
    expected = switch.powers(WAVELENGTH_M, coupled=coupled)
    for field, mean in zip(fields, expected, strict=True):
        power = field.abs().square()
        assert float(power.mean()) == pytest.approx(
            mean, rel=1e-9, abs=5.0 * float(power.std()) / math.sqrt(len(power))
        )


@EACH
def test_it_says_what_else_circuits_ask(switch: Switch) -> None:
    switch.check(WAVELENGTH_M)
    assert switch.guide_m > 0.0
    assert switch.swing > 0.0
    assert switch.offset_per_k(WAVELENGTH_M) > 0.0
    assert switch.settling_s(1e-2) < 1e-10
    assert type(switch.leaking_least(WAVELENGTH_M)) is type(switch)


def test_a_kind_that_trims_other_switches_than_there_are_is_refused() -> None:
    class Forgetful(Prism):
        def trimmed(self, key: NoiseKey, lattice: tuple[int, ...], *_: float) -> torch.Tensor:
            return torch.zeros(lattice)

    with pytest.raises(InputError, match=r"^Forgetful\.trimmed = \(2, 8, 16, 5\): .*, 5, 2, 2\)"):
        offsets(Forgetful())
