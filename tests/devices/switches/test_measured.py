"""A measured switch is the ring that it was measured of, in both states."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from circuits import ModularDotProduct
from devices.parameters.transfer_file import rows_of
from devices.switches.measured import MeasuredSwitch
from devices.switches.ring import RingSwitch
from mirage_core import load_machine
from photonics.errors import InputError
from tests.devices import measured_files
from tests.devices.measured_files import light_m, measured, write_csv

RING = RingSwitch(coupling_power=0.15, detuning_m=1.1e-9, detuning_loss_db_per_m=50.0)
RESONANCE_M = 1.55e-6


def ring_fields(at_m: Tensor, *, detuned: bool) -> tuple[Tensor, Tensor]:
    shift_m = RING.detuning_m if detuned else 0.0
    return RING.transfer(shift_m - (at_m - RESONANCE_M), RESONANCE_M, float(detuned))


def ring_matrix(at_m: Tensor, *, detuned: bool, ports: int = 4) -> Tensor:
    matrix = measured_files.ring_matrix(RING, at_m, detuned=detuned, resonance_m=RESONANCE_M)
    return matrix[:, :ports, :ports]


def rows(at_m: Tensor, *, detuned: bool, ports: int = 4) -> tuple[tuple[float, ...], ...]:
    return rows_of(measured(ring_matrix(at_m, detuned=detuned, ports=ports), at_m))


def switch(at_m: Tensor, ports: int = 4, **values: object) -> MeasuredSwitch:
    coupled, detuned = (rows(at_m, detuned=state, ports=ports) for state in (False, True))
    return MeasuredSwitch(measured_coupled=coupled, measured_detuned=detuned, **values)


NEAR_M = light_m(401, 1.548e-6, 1.552e-6)


@pytest.mark.parametrize("ports", [3, 4])
def test_a_measured_ring_is_the_ring(ports: int) -> None:
    found = switch(NEAR_M, ports)
    for at_m in [*NEAR_M[::50].tolist(), RESONANCE_M]:
        offset_m = RESONANCE_M - at_m
        assert found.coupled(at_m) == pytest.approx(RING.at(offset_m, RESONANCE_M), abs=1e-12)
        expected = RING.at(RING.detuning_m + offset_m, RESONANCE_M, 1.0)
        assert found.detuned(at_m) == pytest.approx(expected, abs=1e-12)
    assert found.coupled(RESONANCE_M) == pytest.approx(RING.coupled(RESONANCE_M), abs=1e-12)
    assert found.detuned(RESONANCE_M) == pytest.approx(RING.detuned(RESONANCE_M), abs=1e-12)


@pytest.mark.parametrize("detuned", [False, True])
def test_between_samples_it_keeps_to_a_bound(detuned: bool) -> None:
    between_m = light_m(7001, 1.548e-6, 1.552e-6)
    found = switch(NEAR_M).transfer(between_m, detuned=detuned)
    exact = ring_fields(between_m, detuned=detuned)
    # The curvature of a resonance is largest at its top: 2/γ² of its height there, at most one.
    half_width_m = RING.linewidth_m(RESONANCE_M) / 2
    step_m = float(NEAR_M.diff().max())
    bound = 1.1 * step_m**2 / 8 * 2 / half_width_m**2
    assert bound < 0.01
    for ours, theirs in zip(found, exact, strict=True):
        assert float((ours - theirs).abs().max()) < bound


def test_files_of_both_states(tmp_path: Path) -> None:
    names = [
        write_csv(tmp_path / f"{n}.csv", measured(ring_matrix(NEAR_M, detuned=n == "off"), NEAR_M))
        for n in ("on", "off")
    ]
    found = MeasuredSwitch(measured_coupled=names[0], measured_detuned=names[1])
    assert found == switch(NEAR_M)
    assert MeasuredSwitch.model_validate_json(found.model_dump_json()) == found


def test_ports_can_be_anywhere() -> None:
    found = switch(NEAR_M, input_port=4, through_port=3, drop_port=2)
    assert found.coupled(1.5497e-6) == pytest.approx(switch(NEAR_M).coupled(1.5497e-6), abs=1e-15)


def test_refusals_name_the_state() -> None:
    coupled, detuned = (rows(NEAR_M, detuned=state) for state in (False, True))
    lead = rows_of(measured(1.5 * ring_matrix(NEAR_M, detuned=True), NEAR_M))
    with pytest.raises(InputError, match=r"^measured_detuned = 'gain of 3\.\d+ dB.*with gain"):
        MeasuredSwitch(measured_coupled=coupled, measured_detuned=lead)
    two = rows_of(measured(ring_matrix(NEAR_M, detuned=False)[:, :2, :2], NEAR_M))
    with pytest.raises(InputError, match=r"^measured_coupled = '2 ports': must have 3 or 4"):
        MeasuredSwitch(measured_coupled=two, measured_detuned=detuned)
    with pytest.raises(InputError, match=r"^measured_detuned = None: must be given"):
        MeasuredSwitch(measured_coupled=coupled)
    with pytest.raises(InputError, match=r"^drop_port = 4: must be a port from 1 to 3"):
        switch(NEAR_M, ports=3, drop_port=4)
    with pytest.raises(InputError, match=r"^wavelength_m = 1\.56e-06: must be within"):
        switch(NEAR_M).coupled(1.56e-6)
    coarse = light_m(41, 1.548e-6, 1.552e-6)
    with pytest.raises(InputError, match=r"^measured_coupled = '41 wavelengths': too few"):
        switch(coarse).coupled(1.55002e-6)


def test_as_a_switch_it_answers_as_the_ring_does() -> None:
    near_m = light_m(1601, 1.549e-6, 1.551e-6)
    found = switch(near_m)
    found.check(RESONANCE_M)
    offset_m = torch.tensor([[0.0], [2e-12], [-5e-12]], dtype=torch.float64)
    # A parabola leaves the third power of the shift over the half width.
    left = (5e-12 / (RING.linewidth_m(RESONANCE_M) / 2.0)) ** 3
    for coupled in (True, False):
        fields = found.fields(offset_m, RESONANCE_M, coupled=coupled)
        expected = RING.fields(offset_m, RESONANCE_M, coupled=coupled)
        for ours, theirs in zip(fields, expected, strict=True):
            torch.testing.assert_close(ours, theirs, rtol=0, atol=left)
        slope = RING.slope_rad(RESONANCE_M, coupled=coupled)
        assert found.slope_rad(RESONANCE_M, coupled=coupled) == pytest.approx(slope, rel=1e-3)
    own_s, other_s = (RING.delay_s(RESONANCE_M, coupled=coupled) for coupled in (True, False))
    # Of a measured one, which is as long as its leads, only the difference is known.  The ring
    # has its delay at a fixed resonance, the measurement over wavelength: they agree to λ/n_g.
    assert found.delay_s(RESONANCE_M, coupled=True) == pytest.approx(own_s - other_s, rel=5e-3)
    assert found.delay_s(RESONANCE_M, coupled=False) == 0.0
    assert found.cavity(RESONANCE_M) is None
    with pytest.raises(InputError, match="within what was"):
        found.check(1.6e-6)


def test_a_machine_with_a_measured_ring_is_that_with_the_ring(tmp_path: Path) -> None:
    near_m = light_m(1601, 1.549e-6, 1.551e-6)
    for name in ("on", "off"):
        write_csv(
            tmp_path / f"{name}.csv", measured(ring_matrix(near_m, detuned=name == "off"), near_m)
        )
    (tmp_path / "mine.toml").write_text(
        'measured_coupled = "on.csv"\nmeasured_detuned = "off.csv"\nspread_rms_m = 0.0\n'
    )
    alike = {"bfp.group_size": 4, "array.rows": 4, "array.units": 1, "moduli": [15, 16, 17]}
    still = RING.changed({"trimmer.spread_rms_m": 0.0})
    ring = load_machine("robust", alike).changed({"multiplier.switch": still})
    real = load_machine("robust", {**alike, "multiplier.switch.part": tmp_path / "mine.toml"})
    assert real.design.multiplier.switch.kind == "measured"  # type: ignore[attr-defined]
    for m in (15, 17):
        ours, theirs = (
            ModularDotProduct(m, 4, machine.design).fields(
                torch.tensor([0, 3, 5, 6]), torch.tensor([1, 6, 2, 4])
            )
            for machine in (real, ring)
        )
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-10)
