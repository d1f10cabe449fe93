"""Models beside measurements: of the model itself nothing differs, of another what is known."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from devices.parameters.part import Part
from devices.parameters.transfer_file import rows_of
from devices.passive.coupler import Coupler, Splitter
from devices.passive.measured import MeasuredCoupler, MeasuredSplitter
from devices.switches.measured import MeasuredSwitch
from devices.switches.mzi import MziSwitch
from devices.switches.ring import RingSwitch
from photonics.errors import InputError
from photonics.optics import coupler_matrix, mzi_matrix
from studies.device_reports.curves import DeviceReport, Panel
from studies.device_reports.measurements import compare, load_measured, measured_device
from tests.devices.measured_files import (
    example_files,
    light_m,
    measured,
    ring_matrix,
    two_sided,
    write_csv,
)

NEAR_M = light_m(401, 1.548e-6, 1.552e-6)
RESONANCE_M = float(NEAR_M[200])


def numbers(report: DeviceReport) -> dict[str, float]:
    return {number.name: number.value for number in report.numbers}


def switch(ring: RingSwitch, resonance_m: float = RESONANCE_M) -> MeasuredSwitch:
    coupled, detuned = (
        rows_of(measured(ring_matrix(ring, NEAR_M, detuned=state, resonance_m=resonance_m), NEAR_M))
        for state in (False, True)
    )
    return MeasuredSwitch(measured_coupled=coupled, measured_detuned=detuned)


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        (Coupler(), MeasuredCoupler),
        (Splitter(), MeasuredSplitter),
        (RingSwitch(), MeasuredSwitch),
    ],
)
def test_a_model_does_not_differ_from_itself(tmp_path: Path, model: Part, kind: type[Part]) -> None:
    files = list(example_files(kind, tmp_path).values())
    found = numbers(compare(model, load_measured(type(model), files)))
    apart = {name: value for name, value in found.items() if name.endswith(("_db", "_rad"))}
    assert len(apart) >= 3
    assert max(apart.values()) < 1e-9


def test_what_differs_is_found_where_it_is() -> None:
    at_m = light_m(21)
    matrices = [Coupler().matrix() for _ in range(21)]
    matrices[4] = Coupler(cross_power=0.5, excess_loss_db=1.3).matrix()
    matrices[8] = Coupler(phase_error_rad=-0.05).matrix()
    real = MeasuredCoupler(measured=rows_of(measured(two_sided(torch.stack(matrices), 4), at_m)))
    found = numbers(compare(Coupler(), real))
    for output in ("bar", "cross"):
        assert found[f"largest_{output}_difference_db"] == pytest.approx(1.0, abs=1e-9)
        assert found[f"largest_{output}_difference_at_m"] == float(at_m[4])
    assert found["largest_cross_against_bar_difference_rad"] == pytest.approx(0.05, abs=1e-9)
    assert found["largest_cross_against_bar_difference_at_m"] == float(at_m[8])


def test_leads_do_not_count_as_a_difference_of_phase() -> None:
    """Another lead on one output of a ring turns its phase by a constant."""
    lead = torch.ones(4, dtype=torch.complex128)
    lead[2] = torch.polar(torch.tensor(1.0).double(), torch.tensor(0.7).double())
    rows = [
        rows_of(
            measured(
                lead[:, None]
                * ring_matrix(RingSwitch(), NEAR_M, detuned=s, resonance_m=1.55e-6)
                * lead,
                NEAR_M,
            )
        )
        for s in (False, True)
    ]
    real = MeasuredSwitch(measured_coupled=rows[0], measured_detuned=rows[1])
    assert numbers(compare(RingSwitch(), real))["largest_switched_phase_difference_rad"] < 1e-9


def test_the_model_of_a_ring_is_put_where_the_measured_one_is() -> None:
    ring = RingSwitch(coupling_power=0.12, detuning_loss_db_per_m=200.0)
    found = numbers(compare(ring, switch(ring)))
    assert found["largest_difference_ratio"] < 1e-9
    assert found["resonance_m"] == pytest.approx(RESONANCE_M, abs=1e-18)
    wider = numbers(compare(ring, switch(ring.changed({"coupling_power": 0.15}))))
    assert wider["largest_detuned_drop_difference_db"] > 1.0
    assert wider["largest_difference_ratio"] > 0.05


def test_a_resonance_between_samples_is_found() -> None:
    ring, step_m = RingSwitch(), float(NEAR_M.diff()[0])
    for off in (0.3, -0.45):
        real = switch(ring, RESONANCE_M + off * step_m)
        found = numbers(compare(ring, real))
        # Not even a hundredth of a step is missed, which is 0.1 pm.
        assert found["resonance_m"] == pytest.approx(RESONANCE_M + off * step_m, abs=0.01 * step_m)
        assert found["largest_difference_ratio"] < 1e-3


def test_a_resonance_at_the_end_is_taken_as_it_is() -> None:
    real = switch(RingSwitch(), float(NEAR_M[0]))
    assert numbers(compare(RingSwitch(), real))["resonance_m"] == float(NEAR_M[0])


def test_the_largest_difference_of_an_amplitude() -> None:
    real = switch(RingSwitch())
    lossy = RingSwitch().changed({"drop_coupling_power": 0.2})
    fields = [
        abs(theirs.abs() - ours.abs())
        for detuned in (False, True)
        for theirs, ours in zip(
            real.transfer(NEAR_M, detuned=detuned),
            lossy.transfer(
                (lossy.detuning_m if detuned else 0.0) - (NEAR_M - RESONANCE_M),
                RESONANCE_M,
                float(detuned),
            ),
            strict=True,
        )
    ]
    found = numbers(compare(lossy, real))
    apart = torch.stack(fields).amax(dim=0)
    assert found["largest_difference_ratio"] == pytest.approx(float(apart.max()), rel=1e-6, abs=0)
    assert found["largest_difference_at_m"] == float(NEAR_M[int(apart.argmax())])


def test_an_interferometer_is_its_two_states() -> None:
    mzi = MziSwitch(coupler=Coupler(cross_power=0.48))
    states = (mzi.state(1.55e-6, coupled=coupled) for coupled in (True, False))
    rows = [
        rows_of(measured(two_sided(torch.stack(state)[:, None].expand(21, 2, 1), 3), light_m(21)))
        for state in states
    ]
    real = MeasuredSwitch(measured_coupled=rows[0], measured_detuned=rows[1])
    found = numbers(compare(mzi, real))
    assert found["largest_difference_ratio"] < 1e-9
    assert found["largest_switched_phase_difference_rad"] < 1e-9
    lossy = numbers(compare(mzi.changed({"coupler.excess_loss_db": 0.8}), real))
    assert lossy["largest_coupled_drop_difference_db"] == pytest.approx(1.0, abs=1e-9)


def test_phases_are_drawn_without_jumps() -> None:
    turn_rad = torch.linspace(20.0, 0.3, 801, dtype=torch.float64)
    fields = two_sided(mzi_matrix(coupler_matrix(0.48), coupler_matrix(0.45), turn_rad), 4)
    real = MeasuredCoupler(measured=rows_of(measured(fields, light_m(801))))
    panel = measured_device(real).panels[1]
    assert isinstance(panel, Panel)
    # At a null a phase jumps by half a turn; by a whole one it is only written otherwise.
    for values in panel.curves.values():
        assert float(values.diff().abs().max()) < 1.2 * math.pi


def test_what_is_drawn_is_what_each_has() -> None:
    fields = two_sided(Coupler(phase_error_rad=-0.05).matrix().expand(21, 2, 2), 4)
    real = MeasuredCoupler(measured=rows_of(measured(fields, light_m(21))))
    power, phase = compare(Coupler(cross_power=0.6), real).panels
    assert isinstance(power, Panel)
    assert isinstance(phase, Panel)
    drawn = {name: float(values[3]) for name, values in {**power.curves, **phase.curves}.items()}
    assert drawn == pytest.approx(
        {
            "bar, measured": 10 * math.log10(0.5) - 0.3,
            "cross, measured": 10 * math.log10(0.5) - 0.3,
            "bar, model": 10 * math.log10(0.4) - 0.3,
            "cross, model": 10 * math.log10(0.6) - 0.3,
            "cross against bar, measured": math.pi / 2 - 0.05,
            "cross against bar, model": math.pi / 2,
        },
        abs=1e-9,
    )


def test_a_model_has_the_colour_of_its_measurement() -> None:
    panel = compare(RingSwitch(), switch(RingSwitch())).panels[0]
    assert isinstance(panel, Panel)
    assert list(panel.dashed) == ["coupled through, model", "coupled drop, model"]
    assert panel.same_colour["coupled drop, model"] == "coupled drop, measured"


def test_a_sweep_lies_within_what_was_measured(tmp_path: Path) -> None:
    files = list(example_files(MeasuredCoupler, tmp_path).values())
    real = load_measured(Coupler, files)
    report = compare(Coupler(), real, light_m(31, 1.549e-6, 1.551e-6))
    assert all(len(panel.x) == 31 for panel in report.panels if isinstance(panel, Panel))
    with pytest.raises(InputError, match=r"wavelength_m = .*within what was measured"):
        compare(Coupler(), real, light_m(31))


def test_files_far_from_the_default_laser(tmp_path: Path) -> None:
    at_m = light_m(21, 1.29e-6, 1.33e-6)
    fields = two_sided(Coupler().matrix().expand(21, 2, 2), 4)
    path = write_csv(tmp_path / "o.csv", measured(fields, at_m))
    assert max(numbers(compare(Coupler(), load_measured(Coupler, [path])))) is not None
    assert load_measured(Coupler, [path]).wavelength_m == float(at_m[-1])  # type: ignore[attr-defined]


def test_a_part_file_says_which_ports(tmp_path: Path) -> None:
    order = [1, 0, 2, 3]
    fields = two_sided(Coupler(cross_power=0.3).matrix().expand(21, 2, 2), 4)[:, order][:, :, order]
    write_csv(tmp_path / "c.csv", measured(fields, light_m(21)))
    path = tmp_path / "mine.toml"
    path.write_text('measured = "c.csv"\ninput_ports = [2, 1]\n')
    found = numbers(compare(Coupler(cross_power=0.3), load_measured(Coupler, [str(path)])))
    assert found["largest_cross_difference_db"] < 1e-9


def test_states_measured_over_different_ranges_share_one() -> None:
    ring = RingSwitch()
    rows = [
        rows_of(measured(ring_matrix(ring, m, detuned=s, resonance_m=1.55e-6), m))
        for s, m in ((False, NEAR_M), (True, light_m(401, 1.549e-6, 1.553e-6)))
    ]
    found = measured_device(MeasuredSwitch(measured_coupled=rows[0], measured_detuned=rows[1]))
    assert numbers(found)["first_wavelength_m"] == pytest.approx(1.549e-6, abs=2e-11)
    assert numbers(found)["last_wavelength_m"] == 1.552e-6
    far = light_m(401, 1.56e-6, 1.564e-6)
    rows[1] = rows_of(measured(ring_matrix(ring, far, detuned=True, resonance_m=1.562e-6), far))
    with pytest.raises(InputError, match="two wavelengths or more in common"):
        measured_device(MeasuredSwitch(measured_coupled=rows[0], measured_detuned=rows[1]))


def test_numbers_of_a_measurement() -> None:
    loss_db = 0.7
    fields = two_sided(Coupler(excess_loss_db=loss_db).matrix().expand(21, 2, 2), 4)
    found = numbers(
        measured_device(MeasuredCoupler(measured=rows_of(measured(fields, light_m(21)))))
    )
    assert found["gain_db"] == pytest.approx(-loss_db, abs=1e-9)
    assert found["wavelengths_count"] == 21
    assert math.isclose(found["delay_s"], 0.0, abs_tol=1e-18)
