"""Measured couplers and splitters are what was measured, and stand in the place of ideal ones."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from devices.parameters.transfer_file import rows_of
from devices.passive.coupler import Coupler, Splitter
from devices.passive.measured import MeasuredCoupler, MeasuredSplitter
from photonics.errors import InputError
from photonics.optics import coupler_matrix, mzi_matrix
from photonics.random import NoiseKey
from tests.devices.measured_files import light_m, measured, touchstone_text, two_sided, write_csv

IDEAL = Coupler(cross_power=0.42, excess_loss_db=0.5, phase_error_rad=-0.03)
SPLIT = Splitter(excess_loss_db=0.4, imbalance_db=0.7, phase_error_rad=0.1)


def coupler_rows() -> tuple[tuple[float, ...], ...]:
    return rows_of(measured(two_sided(IDEAL.matrix().expand(21, 2, 2), 4), light_m(21)))


def splitter_rows() -> tuple[tuple[float, ...], ...]:
    return rows_of(measured(two_sided(SPLIT.fields()[:, None].expand(21, 2, 1), 3), light_m(21)))


def test_a_measured_model_is_the_model(tmp_path: Path) -> None:
    written = measured(two_sided(IDEAL.matrix().expand(21, 2, 2), 4), light_m(21))
    path = write_csv(tmp_path / "c.csv", written)
    found = MeasuredCoupler(measured=path)
    torch.testing.assert_close(found.matrix(), IDEAL.matrix(), rtol=0, atol=1e-12)
    expected = IDEAL.matrix().expand(777, 2, 2)
    torch.testing.assert_close(found.matrix_at(light_m(777)), expected, rtol=0, atol=1e-12)


def test_a_touchstone_file_is_the_model_too(tmp_path: Path) -> None:
    pytest.importorskip("skrf")
    written = measured(two_sided(IDEAL.matrix().expand(21, 2, 2), 4), light_m(21))
    path = tmp_path / "C.S4P"
    path.write_text(touchstone_text(written))
    found = MeasuredCoupler(measured=str(path)).matrix_at(light_m(21))
    torch.testing.assert_close(found, IDEAL.matrix().expand(21, 2, 2), rtol=0, atol=1e-12)


def test_figures_of_a_coupler_are_those_of_the_ideal_one() -> None:
    found = MeasuredCoupler(measured=coupler_rows())
    for name in ("cross_power", "excess_loss_db", "imbalance_db", "phase_error_rad"):
        assert getattr(found, name) == pytest.approx(getattr(IDEAL, name), abs=1e-12), name


def test_figures_of_a_splitter_are_those_of_the_ideal_one() -> None:
    found = MeasuredSplitter(measured=splitter_rows(), imbalance_rms_db=0.3)
    torch.testing.assert_close(found.fields(), SPLIT.fields(), rtol=0, atol=1e-12)
    for name in ("excess_loss_db", "imbalance_db", "phase_error_rad"):
        assert getattr(found, name) == pytest.approx(getattr(SPLIT, name), abs=1e-12), name
    key = NoiseKey.from_seed(0)
    ideal = Splitter(imbalance_rms_db=0.3).deviation_db(key, 100)
    assert torch.equal(found.deviation_db(key, 100), ideal)


@pytest.mark.parametrize(
    ("ideal", "real"), [(Coupler, MeasuredCoupler), (Splitter, MeasuredSplitter)]
)
def test_all_that_an_ideal_one_answers_a_measured_one_answers(ideal: type, real: type) -> None:
    own = {name for name in vars(ideal) if not name.startswith("_")} | set(ideal.model_fields)
    made = {"from_imbalance", "model_config", "inlined"}
    assert {name for name in own - made if not name.startswith("model_")} <= set(dir(real)) | set(
        real.model_fields
    )


def test_ports_can_be_anywhere() -> None:
    order = [2, 0, 3, 1]
    fields = two_sided(IDEAL.matrix().expand(21, 2, 2), 4)[:, order][:, :, order]
    found = MeasuredCoupler(
        measured=rows_of(measured(fields, light_m(21))), input_ports=(2, 4), output_ports=(1, 3)
    )
    torch.testing.assert_close(found.matrix(), IDEAL.matrix(), rtol=0, atol=1e-12)
    split = two_sided(SPLIT.fields()[:, None].expand(21, 2, 1), 3)[:, [2, 1, 0]][:, :, [2, 1, 0]]
    turned = MeasuredSplitter(
        measured=rows_of(measured(split, light_m(21))), input_port=3, output_ports=(2, 1)
    )
    torch.testing.assert_close(turned.fields(), SPLIT.fields(), rtol=0, atol=1e-12)


def test_an_interferometer_is_a_coupler_too() -> None:
    turn = torch.linspace(0, 1, 101, dtype=torch.float64)
    mzi = mzi_matrix(coupler_matrix(0.45), coupler_matrix(0.5), turn, 0.4)
    fields = two_sided(mzi, 4)
    found = MeasuredCoupler(measured=rows_of(measured(fields, light_m(101))))
    torch.testing.assert_close(found.matrix_at(light_m(101)), mzi, rtol=0, atol=1e-12)


def test_another_number_of_ports_is_refused() -> None:
    with pytest.raises(InputError, match=r"^measured = '3 ports': must have 4"):
        MeasuredCoupler(measured=splitter_rows())
    with pytest.raises(InputError, match=r"^measured = '4 ports': must have 3"):
        MeasuredSplitter(measured=coupler_rows())


def test_the_working_wavelength_is_one_that_was_measured() -> None:
    for kind, rows in ((MeasuredCoupler, coupler_rows()), (MeasuredSplitter, splitter_rows())):
        with pytest.raises(InputError, match=r"^wavelength_m = 1\.31e-06: must be within what was"):
            kind(measured=rows, wavelength_m=1.31e-6)


@pytest.mark.parametrize(("cross_power", "imbalance_db"), [(0.0, math.inf), (1.0, -math.inf)])
def test_all_of_the_light_on_one_output(cross_power: float, imbalance_db: float) -> None:
    matrix = Coupler(cross_power=cross_power).matrix().expand(21, 2, 2)
    fields = two_sided(matrix, 4)
    found = MeasuredCoupler(measured=rows_of(measured(fields, light_m(21))))
    assert (found.imbalance_db, found.cross_power) == (imbalance_db, cross_power)
    split = two_sided(matrix[:, :, :1], 3)
    splitter = MeasuredSplitter(measured=rows_of(measured(split, light_m(21))))
    assert splitter.imbalance_db == imbalance_db


def test_dark_ports_are_refused() -> None:
    fields = two_sided(torch.zeros(21, 2, 2), 4)
    with pytest.raises(InputError, match=r"input_ports = 'dark'.*numbers of the ports"):
        MeasuredCoupler(measured=rows_of(measured(fields, light_m(21))))
    with pytest.raises(InputError, match=r"input_port = 'dark'.*numbers of the ports"):
        MeasuredSplitter(measured=rows_of(measured(fields[:, :3, :3], light_m(21))))
