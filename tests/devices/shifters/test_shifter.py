"""Every phase shifter: the common behaviour first, then what is particular to each kind."""

from __future__ import annotations

import pytest
import torch

from devices.library import part
from devices.shifters.carrier import DepletionShifter, InjectionShifter
from devices.shifters.drive_curve import DriveCurve
from devices.shifters.electro_optic import ElectroOpticShifter
from devices.shifters.linear import PhaseShifter
from devices.shifters.noems import NoemsShifter
from devices.shifters.shifter import Shifter
from devices.shifters.thermo_optic import ThermoOpticShifter
from photonics.errors import InputError

TABLE = DriveCurve(drive=(0.0, 0.3, 0.7, 1.0, 1.2), response=(0.1, 0.2, 0.5, 1.0, 1.6))


SHIFTERS: list[Shifter] = [
    PhaseShifter(),
    NoemsShifter(),
    NoemsShifter(curve=TABLE, loss_db_per_pi=0.05, quality=2.0),
    ThermoOpticShifter(loss_db_per_pi=0.1),
    ElectroOpticShifter(loss_db_per_pi=0.02),
    part("barium-titanate-typical", ElectroOpticShifter),
    DepletionShifter(),
    DepletionShifter(donors_per_cm3=1e18, acceptors_per_cm3=6e17),
    InjectionShifter(),
]


EACH = pytest.mark.parametrize("shifter", SHIFTERS, ids=lambda s: type(s).__name__)


def phases(shifter: Shifter, count: int = 41) -> torch.Tensor:
    return torch.linspace(*shifter.phase_range_rad, count, dtype=torch.float64)


@EACH
def test_has_the_common_behaviour(shifter: Shifter) -> None:
    assert isinstance(shifter, Shifter)
    low, high = shifter.phase_range_rad
    assert low <= 0.0 <= high
    assert high > low
    ends = [float(shifter.phase_rad(drive)) for drive in shifter.drive_range]
    assert sorted(ends) == pytest.approx([low, high], abs=1e-12)


@EACH
def test_spans_as_much_as_it_is_asked_for(shifter: Shifter) -> None:
    """Between the ends of its drives; the law of the drive stays what it is."""
    width_rad = 0.4 * shifter.phase_width_rad
    found = shifter.spanning(width_rad)
    assert type(found) is type(shifter)
    assert found.phase_width_rad == pytest.approx(width_rad, rel=1e-9)
    assert found.settling_s(0.01) == pytest.approx(shifter.settling_s(0.01), rel=0.3)
    if not isinstance(shifter, ThermoOpticShifter):
        # Phase and loss go with the length.
        assert found.length_m == pytest.approx(0.4 * shifter.length_m, rel=1e-9)
        top = shifter.phase_range_rad[1]
        assert float(found.loss_db(0.4 * top)) == pytest.approx(0.4 * float(shifter.loss_db(top)))


def test_a_heater_turns_no_further_than_its_largest_drive() -> None:
    heater = ThermoOpticShifter()
    assert heater.spanning(heater.max_phase_rad) == heater
    with pytest.raises(InputError, match="phase_rad"):
        heater.spanning(heater.max_phase_rad + 0.1)


@EACH
def test_drive_inverts_phase(shifter: Shifter) -> None:
    phase = phases(shifter).reshape(1, 41)
    found = shifter.phase_rad(shifter.drive(phase))
    # V² and V^(1/2) laws lose half the digits near zero phase, relative to the full range.
    assert torch.allclose(found, phase, rtol=1e-12, atol=1e-13 * float(phase.abs().max()))


@EACH
def test_transmission_is_phase_and_loss(shifter: Shifter) -> None:
    phase = phases(shifter)
    field = shifter.transmission(shifter.drive(phase))
    turned = field * torch.exp(-1j * phase)
    assert torch.allclose(turned.imag, torch.zeros(41).double(), atol=1e-9)
    assert torch.allclose(-20.0 * turned.real.log10(), shifter.loss_db(phase), atol=1e-9)
    assert bool((shifter.loss_db(phase) > 0.0).all())


@EACH
def test_refuses_what_it_cannot_reach(shifter: Shifter) -> None:
    low, high = shifter.phase_range_rad
    for phase in (low - 0.01, high + 0.01):
        with pytest.raises(InputError, match="phase_rad"):
            shifter.drive(phase)
    with pytest.raises(InputError, match="drive_"):
        shifter.phase_rad(1e3)


@EACH
def test_settles_from_start_to_end(shifter: Shifter) -> None:
    low, high = shifter.phase_range_rad
    for start, end in ((low, high), (high, low)):
        step = abs(end - start)
        assert float(shifter.settling_rad(0.0, start, end)) == pytest.approx(start, abs=1e-9 * step)
        for tolerance in (0.1, 1e-4):
            settled = shifter.settling_s(tolerance)
            late = shifter.settling_rad(settled * torch.linspace(1, 4, 200).double(), start, end)
            assert float((late - end).abs().max()) <= tolerance * step * (1 + 1e-9)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (PhaseShifter, "loss_db_per_m", -1.0),
        (NoemsShifter, "loss_db_per_m", -1.0),
        (NoemsShifter, "resonance_hz", 0.0),
        (NoemsShifter, "quality", 0.0),
        (ThermoOpticShifter, "p_pi_w", 0.0),
        (ThermoOpticShifter, "insertion_loss_db", -0.1),
        (ElectroOpticShifter, "bandwidth_hz", 0.0),
        (ElectroOpticShifter, "v_pi_l_vm", float("inf")),
        (DepletionShifter, "donors_per_cm3", 1e10),
        (InjectionShifter, "carrier_lifetime_s", 0.0),
        (InjectionShifter, "overlap", 2.0),
    ],
)
def test_refuses_impossible_parameters(kind: type, field: str, value: float) -> None:
    with pytest.raises(InputError, match=field):
        kind(**{field: value})
