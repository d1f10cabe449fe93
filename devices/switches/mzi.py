r"""Mach-Zehnder switch: two couplers and a shifter in one of the arms between them.

::

    in ──►──┐ ┌──[ l1 e^{iφ} ]──┐ ┌──►── bar: straight path      M = C2 · diag(l1 e^{iφ}, l2) · C1
            )( C1                )( C2
            ┘ └──[ l2 ]─────────┘ └──►── cross: coupled path     φ = 0 unbiased, π biased

With equal arms and couplers of cross power 1/2 + δ, the light that leaks is (δ1 + δ2)² of the
input to bar without a bias, and (δ1 - δ2)² to cross with one: couplers that are off alike leak
without a bias alone.  There is no resonance: nothing rings, and a kelvin does little.

The other arm is the same section without a bias.  A switch that joins two paths is the mirror
image of one that parts them.  A heated arm warms what is near by the mean of its bits, a static
phase that calibration takes off.  A kelvin of the die turns both arms by ``(2π/λ)(dn/dT) L``, and
one against the other by the small share of it that lies between them; a heater near by warms the
nearer arm alone, over its own length, and turns it against the other by all of that.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import ClassVar, Literal, Self

import torch
from pydantic import SerializeAsAny, model_validator
from torch import Tensor

from devices.heat.trimmer import Trimmer, wrapped_rad
from devices.parameters.idle import refuse_idle
from devices.parameters.part import quantity
from devices.passive.coupler import Coupler
from devices.passive.measured import MeasuredCoupler
from devices.shifters.electro_optic import ElectroOpticShifter
from devices.shifters.shifter import Shifter
from devices.switches.switch import IdealLimits, Switch
from photonics.checks import check_wavelength_m
from photonics.dispersion import thermal_phase_rad_per_k
from photonics.errors import InputError
from photonics.random import NoiseKey
from photonics.switching import MziNumbers
from photonics.units import loss_to_amplitude

# Readings that err by more tell nothing of a phase.
_LOST = 1.0


class MziSwitch(Switch):
    """An interferometer with a driven arm, sized for a phase of π between the ends of its drive."""

    offset_unit: ClassVar[str] = "rad"
    limits: ClassVar[IdealLimits] = IdealLimits(
        # Couplers that are unlike turn the light of the intended path by a little, too.
        trimmed=("spread_turns=0", "coupler.imbalance_rms_db=0"),
        leak=(
            "coupler.cross_power=0.5",
            "coupler.imbalance_rms_db=0",
            "coupler.phase_error_rad=0",
            "arm.kind=linear",
            "arm.load_s=0",
            "spread_turns=0",
        ),
        remedy="multiplier.switch.coupler.imbalance_rms_db, multiplier.switch.coupler.cross_power",
    )

    kind: Literal["mzi"] = quantity("mzi", "kind of switch", source="by definition")
    coupler: Coupler | MeasuredCoupler = quantity(Coupler(), "both couplers", source="by design")
    arm: SerializeAsAny[Shifter] = quantity(
        ElectroOpticShifter(),
        "shifter of the driven arm, which gets the length that turns by π",
        source="by design",
    )
    coupler_m: float = quantity(
        50e-6,
        "length of each coupler with its bends",
        source="assumption: a multimode coupler of 30 µm and its tapers",
        ge=0,
        le=1,
    )
    spread_turns: float = quantity(
        1.0,
        "width of the even spread of the phase between the arms as fabricated, in turns; 0 for "
        "arms that need no trimming",
        source="assumption: arms of millimetres have any phase",
        ge=0,
        le=1,
    )
    arm_trimmer: Trimmer = quantity(
        Trimmer(),
        "trimmer of the phase between the arms; heat from the next one is followed",
        source="by design",
    )
    arm_reads: int = quantity(
        16,
        "averaged readings at either side of the middle by which the phase of the arms is found",
        source="assumption: little time beside that in which a heater settles",
        ge=1,
        le=1_000_000,
    )
    gradient_share: float = quantity(
        0.01,
        "difference of temperature between the arms, over a change of that of the die",
        source="assumption: arms 100 µm apart on a die of a centimetre",
        ge=0,
        le=1,
    )
    group_index: float = quantity(
        2.3, "group index", source="thin-film lithium niobate, 1550 nm", gt=1, le=20
    )

    @model_validator(mode="after")
    def _interferes(self) -> Self:
        refuse_idle(self.arm_trimmer, ["settling_s"], "in a switch, set in no time", "arm_trimmer.")
        if not 0.0 < self.coupler.cross_power < 1.0:
            raise InputError(
                "coupler.cross_power",
                self.coupler.cross_power,
                "parts no light, and must lie between 0 and 1",
                "0.5 switches all of it",
            )
        return self

    @cached_property
    def sized_arm(self) -> Shifter:
        """The arm with the length that turns by π between the ends of its drive.

        Raises:
            InputError: where none of its kind does.
        """
        try:
            return self.arm.spanning(math.pi)
        except InputError as error:
            raise InputError(
                "arm",
                self.arm.kind if hasattr(self.arm, "kind") else type(self.arm).__name__,
                f"must turn by π between the ends of its drive, and {error}",
                "drive it further, or take another kind",
            ) from None

    def check(self, wavelength_m: float) -> None:
        """Refuse an arm that does not reach π, or that gains with its drive.

        Raises:
            InputError: naming the arm.
        """
        self.numbers(wavelength_m, coupled=False)

    @property
    def guide_m(self) -> float:
        """Length of both couplers and the arm."""
        return 2.0 * self.coupler_m + self.sized_arm.length_m

    @property
    def swing(self) -> float:
        """Phase between the two states."""
        return math.pi

    def offset_per_k(self, wavelength_m: float) -> float:
        """Phase between the arms per kelvin of the die, of which they share all but a part."""
        length_m = self.sized_arm.length_m
        return self.gradient_share * self.near_offset_per_k(wavelength_m, length_m)

    def near_offset_per_k(self, wavelength_m: float, heated_m: float) -> float:
        """Phase between the arms per kelvin of the nearer arm alone, where a heater warms it."""
        warmed_m = min(heated_m, self.sized_arm.length_m)
        return thermal_phase_rad_per_k(self.index_per_k, warmed_m, wavelength_m)

    @property
    def index_per_k(self) -> float:
        """dn/dT of its guide: couplers and the other arm are of the material of the driven arm."""
        return self.arm.index_per_k

    @property
    def made_rms(self) -> tuple[float, ...]:
        """Rms of both couplers' imbalance in dB, (2,)."""
        return (self.coupler.imbalance_rms_db, self.coupler.imbalance_rms_db)

    @property
    def reads(self) -> int:
        """Readings at either side of the middle."""
        return self.arm_reads

    def trimmed(
        self, key: NoiseKey, lattice: tuple[int, ...], wavelength_m: float, reading_rms: float
    ) -> Tensor:
        """Phases between the arms in rad that the trimmers leave, float64 (*lattice, S, E).

        A quarter turn to either side of where all light
        crosses, the field is 1/√2 of that there, and falls by half as much per radian: two
        readings tell the middle.
        """
        check_wavelength_m(wavelength_m)
        *array, multipliers, digits = lattice
        # Along a rail, switch after switch.
        shape = (*array, 2, multipliers * digits * 2)
        if self.spread_turns == 0.0:
            return torch.zeros((*lattice, 2, 2), dtype=torch.float64)
        uniform = key.fold("made").uniform(0, math.prod(shape)).reshape(shape)
        # As rings, arms lie half of what a trimmer reaches short, where that is less than a turn.
        short_rad = 0.5 * self.arm_trimmer.range_rad
        made_rad = 2.0 * math.pi * self.spread_turns * (uniform - 0.5) - short_rad
        normal = key.fold("found").normal(0, math.prod(shape)).reshape(shape)
        found_rad = min(2.0 * reading_rms, _LOST) * normal
        left_rad = wrapped_rad(self.arm_trimmer.followed_rad(found_rad - made_rad) + found_rad)
        by_switch: Tensor = left_rad.unflatten(-1, (multipliers, digits, 2)).movedim(-4, -2)
        return by_switch

    def numbers(self, wavelength_m: float, *, coupled: bool) -> MziNumbers:
        """The unbiased or the biased interferometer as plain numbers."""
        check_wavelength_m(wavelength_m)
        arm, coupler = self.sized_arm, self.coupler
        rest_rad, biased_rad = (float(arm.phase_rad(drive)) for drive in arm.drive_range)
        rest_db, biased_db = (float(arm.loss_db(phase)) for phase in (rest_rad, biased_rad))
        return MziNumbers(
            imbalance_db=coupler.imbalance_db,
            quadrature_rad=coupler.phase_error_rad,
            amplitude=loss_to_amplitude(2.0 * coupler.excess_loss_db),
            phase_rad=0.0 if coupled else biased_rad - rest_rad,
            upper=loss_to_amplitude(rest_db if coupled else biased_db),
            lower=loss_to_amplitude(rest_db),
        )

    def bias_v(self, wavelength_m: float) -> float | None:
        """Voltage that turns the arm by π; none for an arm that takes a current."""
        check_wavelength_m(wavelength_m)
        low, high = self.sized_arm.drive_range
        return high - low if self.arm.drive_unit == "V" else None

    def trimmer_power_w(self, count: int) -> float:
        """Mean power in W of the trimmers of the arms of so many switches."""
        return self.arm_trimmer.expected_power_w(count)

    @property
    def trimmer_area_m2(self) -> float:
        """Area in m² of the trimmer of its arm."""
        return self.arm_trimmer.area_m2

    def hold_power_w(self, *, coupled: bool) -> float:
        """Power in W that holds the drive of the arm, and the mean of its trimmer."""
        arm = self.sized_arm
        drive = arm.drive_range[0 if coupled else 1]
        return float(arm.hold_power_w(drive)) + self.trimmer_power_w(1)

    def change_energy_j(self, wavelength_m: float) -> float:
        """Energy in J of a change of the drive of the arm, from one end to the other."""
        check_wavelength_m(wavelength_m)
        return float(self.sized_arm.change_energy_j(*self.sized_arm.drive_range))

    @property
    def area_m2(self) -> float:
        """Area in m² of both arms and couplers, as wide as the arms, and of the trimmer."""
        arm = self.sized_arm
        couplers_m2 = 2.0 * self.coupler_m * 2.0 * arm.width_m
        return 2.0 * arm.area_m2 + couplers_m2 + self.trimmer_area_m2

    def settling_s(self, tolerance: float) -> float:
        """Time in which the phase of the arm follows its drive to a fraction."""
        return self.sized_arm.settling_s(tolerance)
