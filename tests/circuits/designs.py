"""Designs that differ from others in a few parts, and what tests look at on their chips."""

from __future__ import annotations

import math
from typing import ClassVar, Literal, NamedTuple, Self

import torch
from torch import Tensor

from circuits import ArrayShape, Design, ideal_design
from circuits.design.heat_layout import HeatLayout
from circuits.design.multiplier import MultiplierDesign
from circuits.design.receiver import ReceiverDesign
from devices.electronics.amplifier import TransimpedanceAmplifier
from devices.electronics.photodiode import Photodiode
from devices.heat.thermal_crosstalk import ExponentialCoupling, HeaterCoupling
from devices.parameters.part import quantity
from devices.passive.coupler import Coupler
from devices.shifters.carrier import DepletionShifter
from devices.shifters.electro_optic import ElectroOpticShifter
from devices.shifters.linear import PhaseShifter
from devices.shifters.noems import NoemsShifter
from devices.shifters.shifter import Shifter
from devices.shifters.thermo_optic import ThermoOpticShifter
from devices.switches.mzi import MziSwitch
from devices.switches.ring import RingSwitch
from devices.switches.ring_trimmer import RingTrimmer
from devices.switches.switch import Switch
from photonics.optics import phasor
from photonics.random import NoiseKey
from photonics.switching import SwitchFields, SwitchNumbers

# Sizes that are all unlike, for what takes one axis for another.
SHAPE = ArrayShape(units=2, rows=3, length=4)
# On either side of powers of two, which are among them.
MODULI = (7, 15, 16, 17, 29, 31, 32, 33, 63, 64, 65)
INTEGERS = (torch.int8, torch.uint8, torch.int16, torch.int32, torch.int64)
# Heaters that warm each other and the rings.
HEAT = HeatLayout(
    compensated=False,
    switch_share=0.1,
    coupling=HeaterCoupling(law=ExponentialCoupling(nearest_coupling=0.01), global_coupling=1e-4),
)
# Rings exactly on resonance.
STILL_RING = RingSwitch(trimmer=RingTrimmer(spread_rms_m=0.0))
# By hand: edge coupler, five stages of the feed to 32 rows, and the splitter of the rails.
LAUNCH_DB = 0.2 + 5 * 0.28 + 0.28
# A splitter and a coupler of the hybrid.
HYBRID_DB = 0.28 + 0.3
# Receivers without noise of their own.
SILENT = ReceiverDesign(
    photodiode=Photodiode(dark_current_a=0.0), tia=TransimpedanceAmplifier(noise_a_per_rthz=0.0)
)


def ideal_but(**multiplier: object) -> Design:
    """The ideal limit but for what is given of the multiplier."""
    ideal = ideal_design()
    return ideal.model_copy(update={"multiplier": ideal.multiplier.model_copy(update=multiplier)})


def with_multiplier(**changes: object) -> Design:
    return Design(multiplier=MultiplierDesign().model_copy(update=changes))


def with_receiver(**changes: object) -> Design:
    design = Design()
    return design.model_copy(update={"receiver": design.receiver.model_copy(update=changes)})


def beat_rad(fields: torch.Tensor) -> torch.Tensor:
    """Phase of the first rail over the second."""
    return (fields[..., 0] * fields[..., 1].conj()).angle()


class TwoTone(Shifter):
    """A shifter that no library knows: a phase that bends with the drive, and loss that follows."""

    kind: Literal["two-tone"] = quantity("two-tone", "kind of shifter", source="made up")
    drive_unit: ClassVar[str] = "V"
    length_m: float = quantity(1e-5, "length", source="made up", gt=0)

    @property
    def drive_range(self) -> tuple[float, float]:
        return (-1.0, 2.0)

    @property
    def phase_range_rad(self) -> tuple[float, float]:
        low, high = (float(self.phase_rad(x)) for x in self.drive_range)
        return (low, high)

    def phase_rad(self, drive: Tensor | float) -> Tensor:
        x = torch.as_tensor(drive, dtype=torch.float64)
        return 1e5 * self.length_m * (x + 0.1 * x.square())

    def drive(self, phase_rad: Tensor | float) -> Tensor:
        y = torch.as_tensor(phase_rad, dtype=torch.float64) / (1e5 * self.length_m)
        return (-1.0 + (1.0 + 0.4 * y).sqrt()) / 0.2

    def loss_db(self, phase_rad: Tensor | float = 0.0) -> Tensor:
        phase = torch.as_tensor(phase_rad, dtype=torch.float64)
        return 1e2 * self.length_m + 2e-3 * (phase - self.phase_range_rad[0])

    def settling_rad(self, time_s: Tensor | float, start_rad: float, end_rad: float) -> Tensor:
        return torch.full_like(torch.as_tensor(time_s, dtype=torch.float64), end_rad)

    def settling_s(self, tolerance: float) -> float:
        return 0.0

    def spanning(self, width_rad: float) -> Self:
        return self.changed({"length_m": self.length_m * width_rad / self.phase_width_rad})


# Little loss, so that digits of great weight let light through; some of it follows the drive.
SHIFTERS: list[Shifter] = [
    PhaseShifter(),
    ElectroOpticShifter(loss_db_per_pi=3e-3),
    NoemsShifter(loss_db_per_m=100.0, loss_db_per_pi=5e-3),
    ThermoOpticShifter(insertion_loss_db=3e-3, loss_db_per_pi=5e-3),
    DepletionShifter(loss_db_per_m=0.0),
    TwoTone(),
]


class PrismState(NamedTuple):
    """Light that goes the right way, and the share of it that does not, which turns."""

    leak: float
    coupled: bool

    def fields(self, offset: Tensor) -> SwitchFields:
        passed = phasor(0.3 * offset[..., 0])
        astray = (self.leak + 0.1 * self.leak * offset[..., 1]) * phasor(offset[..., 0])
        return SwitchFields(astray, passed) if self.coupled else SwitchFields(passed, astray)


class Prism(Switch):
    """A switch that no library knows."""

    kind: Literal["prism"] = quantity("prism", "kind of switch", source="made up")
    offset_unit: ClassVar[str] = "rad"
    leak: float = quantity(0.02, "field that leaks", source="made up", ge=0, lt=1)
    group_index: float = quantity(1.5, "group index", source="made up", gt=1)

    @property
    def guide_m(self) -> float:
        return 1e-5

    @property
    def swing(self) -> float:
        return 1.0

    def offset_per_k(self, wavelength_m: float) -> float:
        return 0.02

    @property
    def made_rms(self) -> tuple[float, ...]:
        return (1.0,)

    def trimmed(
        self, key: NoiseKey, lattice: tuple[int, ...], wavelength_m: float, reading_rms: float
    ) -> Tensor:
        shape = (*lattice, 2, 2)
        return 0.01 * key.normal(0, math.prod(shape)).reshape(shape)

    def numbers(self, wavelength_m: float, *, coupled: bool) -> SwitchNumbers:
        return PrismState(self.leak, coupled)


# Interferometers of few losses, so that light comes through a row of them.
GOOD_MZI = MziSwitch(
    coupler=Coupler(excess_loss_db=0.01), arm=ElectroOpticShifter(loss_db_per_m=5.0)
)
SWITCHES: list[Switch] = [RingSwitch(), GOOD_MZI, Prism()]
