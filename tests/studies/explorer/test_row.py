"""One row: its parts agree with each other and with closed forms, and come quickly."""

from __future__ import annotations

import math
import time
from collections import Counter
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np
import pytest

from circuits.analysis.optical_errors import STATIC
from circuits.analysis.receiver_errors import AMPLIFIER, LINEWIDTH, SHOT
from circuits.optics import section
from devices.switches.switch import Switch
from mirage_core.machine.loading import preset_names
from photonics.errors import InputError
from studies.explorer import row as of_row
from studies.explorer.row import explore, full_bill
from studies.explorer.settings import RowSettings

ROBUST = replace(RowSettings.of("robust"), data="random")
SETTINGS = {
    "robust": ROBUST,
    "static error": replace(ROBUST, static_error_rad=15e-3),
    "little light": replace(ROBUST, power_w=2e-3),
    "isca2024": replace(RowSettings.of("isca2024"), group_size=4),
    "lean": replace(RowSettings.of("lean"), power_w=0.2e-3),
    "heaters": replace(RowSettings.of("thermo-optic"), power_w=3e-3, group_size=8),
}
# A slow and busy machine; a quick one takes a tenth of a second.
MOST_S = 1.0


@pytest.mark.parametrize("name", SETTINGS)
def test_as_many_readings_are_wrong_as_predicted(name: str) -> None:
    row = explore(SETTINGS[name])
    count, rate = len(row.constellation.sent), row.budget.symbol_error_rate
    expected = count * rate
    # Of independent readings no other split of the same mean varies more than equal ones.
    assert abs(int(row.constellation.wrong.sum()) - expected) < 5.0 * math.sqrt(expected) + 1.0


@pytest.mark.parametrize("name", ["robust", "isca2024"])
def test_readings_are_decided_as_the_cells_say(name: str) -> None:
    row = explore(SETTINGS[name])
    read, size = row.constellation, 2**row.adc_bits
    assert read.cells.shape == (size, size)
    column = np.clip(np.floor((read.in_phase + 1) * size / 2), 0, size - 1).astype(int)
    line = np.clip(np.floor((1 - read.quadrature) * size / 2), 0, size - 1).astype(int)
    assert np.array_equal(read.cells[line, column], read.decided)
    assert set(np.unique(read.cells)) == set(range(row.settings.modulus))


def test_noise_falls_with_light_as_it_must() -> None:
    weak, strong = explore(ROBUST).budget, explore(replace(ROBUST, power_w=4 * 8.5e-3)).budget

    def ratio(name: str) -> float:
        return weak.contribution(name).rms_rad / strong.contribution(name).rms_rad

    # Rings are set by readings that noise turns less, too, which moves amplitudes by a percent.
    assert ratio(AMPLIFIER) == pytest.approx(4.0, rel=0.02)
    assert ratio(SHOT) == pytest.approx(2.0, rel=0.02)
    assert ratio(LINEWIDTH) == 1.0


def test_what_calibration_leaves_is_what_the_slider_says() -> None:
    none, some, more = (
        explore(replace(ROBUST, static_error_rad=rad)).budget.contribution(STATIC)
        for rad in (0.0, 10e-3, 20e-3)
    )
    # The same draws, scaled; what turns more than half a turn comes back.
    assert more.rms_rad == pytest.approx(2.0 * some.rms_rad, rel=0.02)
    assert none.rms_rad < 0.1 * some.rms_rad
    # What the data change: a digit that is 1 with probability p adds p (1 - p) of its variance.
    ones = [sum(r >> d & 1 for r in range(33)) / 33 for d in range(6)]
    expected_rad = 10e-3 * math.sqrt(16 * sum(p * (1 - p) for p in ones))
    # The rms of 80 draws is off by 1 / √160 rms: four of those.
    changing_rad = math.sqrt(some.rms_rad**2 - some.offset_rad**2)
    assert changing_rad == pytest.approx(expected_rad, rel=4 / math.sqrt(160))


def test_light_costs_its_power_at_the_wall() -> None:
    row = explore(ROBUST)
    machine = ROBUST.machine()
    laser_w = len(row.moduli) * ROBUST.power_w / machine.design.laser.wall_plug_efficiency
    assert row.energy_j["laser"] == pytest.approx(laser_w / (16 * machine.design.clock_hz))
    bill = full_bill(machine)
    assert row.mac_j == pytest.approx(bill.power_w / bill.work.macs)


def test_settings_say_everything_that_a_row_depends_on() -> None:
    first, second = explore(ROBUST), explore(ROBUST)
    assert np.array_equal(first.constellation.in_phase, second.constellation.in_phase)
    assert first.budget == second.budget
    assert explore(replace(ROBUST, chip_seed=1)).budget != first.budget


def test_a_row_without_light_has_finite_numbers() -> None:
    dark = replace(RowSettings.of("isca2024"), group_size=32)
    for found in explore(dark).budget.contributions:
        assert math.isfinite(found.rms_rad), found
        assert math.isfinite(found.tail_rad), found


def test_what_no_machine_can_be_is_refused() -> None:
    with pytest.raises(InputError, match="has steps of"):
        explore(replace(RowSettings.of("isca2024"), modulus=64))


@pytest.mark.parametrize("preset", preset_names())
def test_a_move_of_a_slider_is_worked_out_at_once(preset: str) -> None:
    start = replace(RowSettings.of(preset), data="random")
    moves = [
        start,
        replace(start, power_w=1.2 * start.power_w),
        replace(start, coupling=0.15),
        replace(start, loss=1.2 * start.loss),
        replace(start, static_error_rad=5e-3),
        replace(start, modulus=start.modulus - 1),
        replace(start, data="worst"),
    ]
    taken = []
    for settings in moves:
        begun = time.process_time()
        explore(settings)
        taken.append(time.process_time() - begun)
    assert median(taken) < MOST_S


# What takes most time of a move: prices, drives of the section of each modulus, and leaks of both
# states of a switch.  With steps of a converter a section is sized in rounds.
DEAR = [(of_row, "full_bill"), (section, "find_root"), (Switch, "powers"), (Switch, "mean_leak")]


@pytest.mark.parametrize(
    ("preset", "moved", "most"),
    [
        ("thermo-optic", {"static_error_rad": 5e-3}, (0, 0, 0, 0)),
        ("thermo-optic", {"data": "worst"}, (0, 0, 0, 0)),
        ("thermo-optic", {"power_w": 3e-3}, (1, 0, 0, 0)),
        ("thermo-optic", {"rin_db_per_hz": -140.0}, (1, 0, 0, 0)),
        ("thermo-optic", {"chip_seed": 3}, (1, 0, 0, 0)),
        ("thermo-optic", {"coupling": 0.46}, (1, 0, 2, 2)),
        ("thermo-optic", {"loss": 0.31}, (1, 3, 0, 0)),
        ("lean", {"static_error_rad": 5e-3}, (0, 0, 0, 0)),
        ("lean", {"power_w": 3e-3}, (1, 0, 0, 0)),
        ("lean", {"coupling": 0.47}, (1, 0, 2, 2)),
        ("lean", {"loss": 310.0}, (1, 9, 0, 0)),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_a_move_works_out_again_only_what_hangs_on_it(
    preset: str, moved: dict[str, Any], most: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    start = replace(RowSettings.of(preset, "mzi"), data="random")
    explore(start)
    counted = Counter[str]()

    def count(home: Any, name: str) -> None:
        real = getattr(home, name)

        def counting(*args: Any, **more: Any) -> Any:
            counted[name] += 1
            return real(*args, **more)

        monkeypatch.setattr(home, name, counting)

    for home, name in DEAR:
        count(home, name)
    explore(replace(start, **moved))
    assert tuple(counted[name] for _, name in DEAR) == most
