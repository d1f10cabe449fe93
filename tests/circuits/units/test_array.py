"""An array is its rows: the same digits, laser and clock, and heat of one another."""

from __future__ import annotations

import math

import pytest
import torch

from circuits import ArrayShape, Design, ModularArray, ModularDotProduct, RowPosition, fabricate
from circuits.receiver.memory import symbol_run
from circuits.units.array import ArrayNoise
from mirage_core import load_machine
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.tolerance import assert_variance

KEY = NoiseKey.from_seed(5)
SHAPE = ArrayShape(2, 3, 4)


def integers(name: str, *shape: int) -> torch.Tensor:
    uniform = KEY.fold(name).uniform(0, math.prod(shape)).view(shape)
    return (uniform * 31).long() - 15


@pytest.mark.parametrize("preset", ["robust", "isca2024"])
def test_rows_of_an_array_read_what_each_reads_alone(preset: str) -> None:
    # No heat, so a row does not know of the others; and every symbol held until it has settled.
    machine = load_machine(preset, ["bfp.group_size=4"])
    chip = fabricate(machine.design, (31,), SHAPE, seed=2)
    x, w = integers("x", 40, 4), integers("w", 3, 4)
    for unit in (0, 1):
        array = ModularArray.of(chip, 31, unit).held()
        together = array.ratios(x, w)
        for row in range(3):
            alone = ModularDotProduct(31, 4, chip=chip, position=RowPosition(unit, row))
            torch.testing.assert_close(
                together[:, row], alone.ratios(x, w[row]), rtol=0, atol=1e-12
            )
            assert torch.equal(array.read(x, w)[:, row], alone.read(x, w[row]))


def test_fewer_drives_than_rows_leave_the_rest_dark() -> None:
    chip = fabricate(Design(), (31,), SHAPE, seed=3)
    array = ModularArray.of(chip, 31)
    x, w = integers("x", 5, 4), integers("w", 3, 4)
    assert torch.equal(array.ratios(x, w[:2]), array.ratios(x, w)[:, :2])


def test_heat_of_one_row_reaches_the_next() -> None:
    machine = load_machine("thermo-optic", ["bfp.group_size=4"])
    chip = fabricate(machine.design, (31,), SHAPE, seed=2)
    array = ModularArray.of(chip, 31).held()
    x, w = integers("x", 5, 4), integers("w", 3, 4)
    cold = w.clone()
    cold[1:] = 0
    moved = (array.ratios(x, w)[:, 0] - array.ratios(x, cold)[:, 0]).abs().amax()
    alone = ModularDotProduct(31, 4, chip=chip)
    assert float(moved) > 1e-5
    torch.testing.assert_close(
        array.ratios(x, cold)[:, 0], alone.ratios(x, w[0]), rtol=0, atol=1e-12
    )


def test_an_unsettled_array_streams_in_order() -> None:
    machine = load_machine("isca2024", ["bfp.group_size=4", "clock_hz=3e10"])
    array = ModularArray.of(fabricate(machine.design, (31,), SHAPE, seed=2), 31)
    depth = array.memory.depth
    assert depth > 1
    x, w = integers("x", 30, 4), integers("w", 3, 4)
    run = symbol_run(slice(0, 30), depth)
    whole = array.ratios(x[run], w)
    later = array.ratios(x[run][10:], w)
    torch.testing.assert_close(later, whole[10:], rtol=0, atol=1e-12)
    assert float((whole - array.held().ratios(x, w)).abs().max()) > 1e-3


def test_rows_share_the_laser_and_nothing_else() -> None:
    changes = ["bfp.group_size=1", "laser.rin_db_per_hz=-130", "laser.power_w=1e-4"]
    band = ["receiver.tia.bandwidth_hz=1e9"]
    quiet = ["receiver.tia.noise_a_per_rthz=1e-12", "receiver.photodiode.dark_current_a=0"]
    settled = ["receiver.memory=settled", "receiver.rail_mismatch_s=0", "receiver.adc_extra_bits=8"]
    machine = load_machine("isca2024-ideal", [*changes, *band, *quiet, *settled])
    array = ModularArray.of(fabricate(machine.design, (31,), ArrayShape(1, 2, 1), seed=0), 31)
    x, w = torch.zeros(200_000, 1, dtype=torch.int64), torch.zeros(2, 1, dtype=torch.int64)
    receivers = array.receivers(2)
    noise = ArrayNoise(KEY, torch.arange(len(x)), KEY, 0)
    in_phase = array.ratios(x, w, noise)[..., 0].T
    # At phase 0 the intensity noise lies in I, of all rows alike.
    gain, bits = receivers.gain, receivers.gain.code.digits(x[:1])
    amplitude_a = float(gain.amplitude_a(gain.rail_loss_db(bits)))
    relative = in_phase * float(gain.full_scale_a(bits)) / amplitude_a
    light_hz = math.pi / 2 / (1 / 1e9 + 1 / 30e9)
    shared = 1e-13 * light_hz
    white_a2 = 2 * 1.602176634e-19 * amplitude_a * light_hz + 1e-24 * math.pi / 2 * 1e9
    assert_variance(relative[0] - relative[1], 2 * white_a2 / amplitude_a**2)
    assert_variance(relative[0] + relative[1], 4 * shared + 2 * white_a2 / amplitude_a**2)


@pytest.mark.parametrize(
    ("x", "w", "word"),
    [
        (torch.ones(4, dtype=torch.int64), torch.ones(3, 4, dtype=torch.int64), "x, w"),
        (torch.ones(2, 4, dtype=torch.int64), torch.ones(4, 4, dtype=torch.int64), "M up to 3"),
        (torch.ones(2, 3, dtype=torch.int64), torch.ones(3, 4, dtype=torch.int64), "4 long"),
        (torch.ones(2, 4), torch.ones(3, 4, dtype=torch.int64), "integer type"),
    ],
)
def test_what_does_not_fit_is_refused(x: torch.Tensor, w: torch.Tensor, word: str) -> None:
    array = ModularArray.of(fabricate(Design(), (31,), SHAPE, seed=0), 31).held()
    with pytest.raises(InputError, match=word):
        array.read(x, w)


def test_a_unit_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match=r"position.unit = 2"):
        ModularArray.of(fabricate(Design(), (31,), SHAPE, seed=0), 31, 2)
