r"""Free-carrier phase shifters in silicon: a depleted junction and an injecting diode.

::

      p │░░│ n    reverse bias widens the      Δn_eff = Γ Σ (Δx/w) |Δn(doping)|   > 0
     ───┤░░├───   depleted zone W ∝ √(V_bi+V)  loss falls as the phase rises
      p │  │ n    forward current fills the    n = I τ / (q w h L),  Δn_eff = Γ Δn(n, n) < 0
        core      core with carriers           loss rises with the phase

Index and absorption come from the same carriers (Soref and Bennett), so a phase always moves
the amplitude: that is the price of this shifter, and no separate number can contradict it.
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal, Self

import torch
from pydantic import model_validator
from torch import Tensor

from devices.parameters.part import quantity
from devices.parameters.wavelength import Wavelength
from devices.shifters.drive_curve import in_range
from devices.shifters.shifter import Shifter
from photonics.carriers import (
    HOLE_INDEX_EXPONENT,
    absorption_to_db_per_m,
    carrier_absorption_per_m,
    carrier_index_change,
    depletion_width_m,
    forward_voltage_v,
    index_phase_rad,
    junction_potential_v,
    pairs_for_index_change,
)
from photonics.errors import InputError
from photonics.settling import (
    approach,
    one_pole_remaining,
    one_pole_settling_time_s,
    one_pole_time_constant_s,
)
from photonics.units import ELEMENTARY_CHARGE_C

_CM3_PER_M3 = 1e6


class DepletionShifter(Shifter):
    """A reverse-biased lateral junction in the middle of the core; phases are positive.

    Abrupt junction, full depletion, and a mode of even weight across the core.
    """

    drive_unit: ClassVar[str] = "V"
    heats: ClassVar[bool] = False

    kind: Literal["depletion"] = quantity("depletion", "kind of shifter", source="by definition")
    length_m: float = quantity(
        3e-3, "length of the junction", source="assumption: a usual modulator", gt=0, le=1
    )
    v_max_v: float = quantity(
        4.0, "largest reverse bias", source="assumption: below breakdown", gt=0, le=1e4
    )
    donors_per_cm3: float = quantity(
        5e17,
        "doping of the n side",
        source="assumption: gives the 1 to 2 V cm of depletion modulators",
        ge=1e15,
        le=1e20,
    )
    acceptors_per_cm3: float = quantity(
        5e17, "doping of the p side", source="assumption: as the n side", ge=1e15, le=1e20
    )
    core_width_m: float = quantity(
        500e-9, "width of the core", source="assumption: single-mode silicon rib", gt=0, le=1e-3
    )
    core_height_m: float = quantity(
        220e-9, "height of the core", source="assumption: usual silicon-on-insulator", gt=0, le=1e-3
    )
    overlap: float = quantity(
        0.9,
        "change of the mode's index per change of the core's",
        source="assumption: n_g/n_Si times the fraction of the energy in the core",
        gt=0,
        le=1.3,
    )
    loss_db_per_m: float = quantity(
        200.0,
        "propagation loss without carriers (2 dB/cm)",
        source="assumption: silicon wire, 2 to 3 dB/cm",
        ge=0,
        le=1e6,
    )
    bandwidth_hz: float = quantity(
        13e9,
        "one-pole corner of the junction voltage",
        source="Sorace, thesis, MIT (2010): 1.2 V cm, 13 GHz",
        gt=0,
        le=1e15,
    )
    wavelength_m: Wavelength = quantity(
        1550e-9, "vacuum wavelength; the carrier law holds there", source="C band"
    )

    @model_validator(mode="after")
    def _zone_fits_core(self) -> DepletionShifter:
        deepest = float(self._width_m(torch.tensor(self.v_max_v)) * max(self._shares))
        if deepest > self.core_width_m / 2:
            raise InputError(
                "v_max_v",
                self.v_max_v,
                f"depletes {deepest:.3g} m of a side {self.core_width_m / 2:.3g} m wide",
                "lower the largest bias or raise the doping",
            )
        return self

    @property
    def max_phase_rad(self) -> float:
        """Phase in rad at the largest bias."""
        return float(self.phase_rad(self.v_max_v))

    @property
    def drive_range(self) -> tuple[float, float]:
        """Reverse biases."""
        return (0.0, self.v_max_v)

    @property
    def phase_range_rad(self) -> tuple[float, float]:
        """Least and greatest phase in rad that a drive can reach."""
        return (0.0, self.max_phase_rad)

    def phase_rad(self, drive: Tensor | float) -> Tensor:
        """Phase in rad at a reverse bias, 0 to ``v_max_v``, any shape."""
        bias = in_range("drive_v", drive, 0.0, self.v_max_v)
        widening = self._width_m(bias) - self._width_m(torch.zeros(()))
        return widening * self._phase_rad_per_m

    def drive(self, phase_rad: Tensor | float) -> Tensor:
        """Reverse bias in V for a phase, 0 to ``max_phase_rad``: V + V_bi ∝ W²."""
        phase = in_range("phase_rad", phase_rad, *self.phase_range_rad, "use a longer junction")
        at_rest = self._width_m(torch.zeros(()))
        ratio = 1.0 + phase / self._phase_rad_per_m / at_rest
        return self._built_in_v * (ratio.square() - 1.0)

    def loss_db(self, phase_rad: Tensor | float = 0.0) -> Tensor:
        """Insertion loss in dB at a phase; it falls, since the carriers leave."""
        phase = torch.as_tensor(phase_rad, dtype=torch.float64)
        width = self._width_m(torch.zeros(())) + phase / self._phase_rad_per_m
        donors, acceptors = self.donors_per_cm3, self.acceptors_per_cm3
        side = self.core_width_m / 2
        electrons = (side - width * self._shares[0]) * carrier_absorption_per_m(donors, 0.0)
        holes = (side - width * self._shares[1]) * carrier_absorption_per_m(0.0, acceptors)
        absorption = self.overlap / self.core_width_m * (electrons + holes)
        return (self.loss_db_per_m + absorption_to_db_per_m(absorption)) * self.length_m

    def charge_c(self, drive: Tensor | float) -> Tensor:
        """Charge in C that a reverse bias takes out of either side of the junction."""
        bias_v = torch.as_tensor(drive, dtype=torch.float64)
        widened_m = (self._width_m(bias_v) - self._width_m(torch.zeros_like(bias_v))) * (
            self._shares[0]
        )
        per_m = ELEMENTARY_CHARGE_C * self.donors_per_cm3 * 1e6 * self.core_height_m
        return widened_m * (per_m * self.length_m)

    def settling_rad(self, time_s: Tensor | float, start_rad: float, end_rad: float) -> Tensor:
        """Phase in rad at a time after a step of bias; the junction *voltage* is one-pole."""
        remaining = one_pole_remaining(time_s, one_pole_time_constant_s(self.bandwidth_hz))
        return self.phase_rad(approach(self.drive(start_rad), self.drive(end_rad), remaining))

    def settling_s(self, tolerance: float) -> float:
        """Time in s after which any step of phase is within ``tolerance`` (a fraction of it).

        The longest: a full step down to zero bias, where the phase is steepest in the voltage.
        """
        root = math.sqrt(self._built_in_v)
        steepening = (math.sqrt(self._built_in_v + self.v_max_v) + root) / (2.0 * root)
        time_constant_s = one_pole_time_constant_s(self.bandwidth_hz)
        return one_pole_settling_time_s(time_constant_s, tolerance) + time_constant_s * math.log(
            steepening
        )

    def spanning(self, width_rad: float) -> Self:
        """A junction of such a length that the largest bias turns by so much."""
        return self.changed({"length_m": self.length_m * width_rad / self.phase_width_rad})

    @property
    def _built_in_v(self) -> float:
        return junction_potential_v(self.donors_per_cm3, self.acceptors_per_cm3)

    def _width_m(self, bias_v: Tensor) -> Tensor:
        junction_v = bias_v.to(torch.float64) + self._built_in_v
        return depletion_width_m(junction_v, self.donors_per_cm3, self.acceptors_per_cm3)

    @property
    def _shares(self) -> tuple[float, float]:
        """Parts of the depleted zone on the n and on the p side; charges balance."""
        total = self.donors_per_cm3 + self.acceptors_per_cm3
        return self.acceptors_per_cm3 / total, self.donors_per_cm3 / total

    @property
    def _phase_rad_per_m(self) -> float:
        """Phase per widening of the depleted zone."""
        electrons = -carrier_index_change(self.donors_per_cm3, 0.0) * self._shares[0]
        holes = -carrier_index_change(0.0, self.acceptors_per_cm3) * self._shares[1]
        index = self.overlap * (electrons + holes) / self.core_width_m
        return index_phase_rad(index, self.length_m, self.wavelength_m)


class InjectionShifter(Shifter):
    """A forward-biased p-i-n diode driven by a current; phases are negative.

    Electrons and holes fill the core evenly and in equal numbers, with one lifetime.
    """

    drive_unit: ClassVar[str] = "A"
    # The power of its current does, which goes with no phase, and is not modelled.
    heats: ClassVar[bool] = False

    kind: Literal["injection"] = quantity("injection", "kind of shifter", source="by definition")
    length_m: float = quantity(
        300e-6,
        "length of the diode",
        source="assumption: a little more than a half wave",
        gt=0,
        le=1,
    )
    current_max_a: float = quantity(
        6e-3, "largest forward current", source="assumption: about 1.1e18 cm⁻³", gt=0, le=10
    )
    carrier_lifetime_s: float = quantity(
        1e-9,
        "carrier lifetime",
        source="assumption: about 1 ns in silicon wires, set by their surfaces",
        gt=0,
        le=1,
    )
    core_width_m: float = quantity(
        500e-9, "width of the core", source="assumption: single-mode silicon wire", gt=0, le=1e-3
    )
    core_height_m: float = quantity(
        220e-9, "height of the core", source="assumption: usual silicon-on-insulator", gt=0, le=1e-3
    )
    overlap: float = quantity(
        1.0,
        "change of the mode's index per change of the core's",
        source="assumption: n_g/n_Si times the fraction of the energy in the core",
        gt=0,
        le=1.3,
    )
    loss_db_per_m: float = quantity(
        200.0,
        "propagation loss without carriers (2 dB/cm)",
        source="assumption: silicon wire, 2 to 3 dB/cm",
        ge=0,
        le=1e6,
    )
    wavelength_m: Wavelength = quantity(
        1550e-9, "vacuum wavelength; the carrier law holds there", source="C band"
    )

    @property
    def drive_range(self) -> tuple[float, float]:
        """Forward currents."""
        return (0.0, self.current_max_a)

    @property
    def phase_range_rad(self) -> tuple[float, float]:
        """Least and greatest phase in rad that a drive can reach."""
        return (float(self.phase_rad(self.current_max_a)), 0.0)

    @property
    def pairs_per_cm3_a(self) -> float:
        """Electrons, and as many holes, per cm³ of core and per ampere: τ / (q volume)."""
        volume_cm3 = self.core_width_m * self.core_height_m * self.length_m * _CM3_PER_M3
        return self.carrier_lifetime_s / (ELEMENTARY_CHARGE_C * volume_cm3)

    def phase_rad(self, drive: Tensor | float) -> Tensor:
        """Phase in rad at a current, 0 to ``current_max_a``, any shape."""
        current = in_range("drive_a", drive, 0.0, self.current_max_a)
        return self._phase_of_pairs_rad(current * self.pairs_per_cm3_a)

    def drive(self, phase_rad: Tensor | float) -> Tensor:
        """Current in A for a (negative) phase; the exact inverse of ``phase_rad``."""
        phase = in_range("phase_rad", phase_rad, *self.phase_range_rad, "use a longer diode")
        return self._pairs_of_phase(phase) / self.pairs_per_cm3_a

    def loss_db(self, phase_rad: Tensor | float = 0.0) -> Tensor:
        """Insertion loss in dB at a phase; it rises with the carriers that make the phase."""
        pairs = self._pairs_of_phase(torch.as_tensor(phase_rad, dtype=torch.float64))
        absorption = self.overlap * carrier_absorption_per_m(pairs, pairs)
        return (self.loss_db_per_m + absorption_to_db_per_m(absorption)) * self.length_m

    def bias_v(self, drive: Tensor | float) -> Tensor:
        """Forward voltage in V at a current, that of its pairs in the core."""
        current = torch.as_tensor(drive, dtype=torch.float64)
        return forward_voltage_v(current * self.pairs_per_cm3_a)

    def hold_power_w(self, drive: Tensor | float) -> Tensor:
        """Power in W of the diode at a current: current times forward voltage."""
        return torch.as_tensor(drive, dtype=torch.float64) * self.bias_v(drive)

    def charge_c(self, drive: Tensor | float) -> Tensor:
        """Charge in C of the pairs in the core: the current times their lifetime."""
        return torch.as_tensor(drive, dtype=torch.float64) * self.carrier_lifetime_s

    def settling_rad(self, time_s: Tensor | float, start_rad: float, end_rad: float) -> Tensor:
        """Phase in rad at a time after a step of current; the *carriers* are one-pole."""
        start, end = (
            self._pairs_of_phase(torch.tensor(phase, dtype=torch.float64))
            for phase in (start_rad, end_rad)
        )
        pairs = approach(start, end, one_pole_remaining(time_s, self.carrier_lifetime_s))
        return self._phase_of_pairs_rad(pairs)

    def settling_s(self, tolerance: float) -> float:
        """Time in s after which any step of phase is within ``tolerance`` (a fraction of it).

        The longest: emptying the core, where the phase goes as the carriers to the power 0.8.
        """
        return one_pole_settling_time_s(self.carrier_lifetime_s, tolerance) / HOLE_INDEX_EXPONENT

    def spanning(self, width_rad: float) -> Self:
        """A diode of such a length that the largest current, of the same density, turns so far."""
        ratio = width_rad / self.phase_width_rad
        current_a = self.current_max_a * ratio
        return self.changed({"length_m": self.length_m * ratio, "current_max_a": current_a})

    def _phase_of_pairs_rad(self, pairs_per_cm3: Tensor) -> Tensor:
        index = self.overlap * carrier_index_change(pairs_per_cm3, pairs_per_cm3)
        return index_phase_rad(index, self.length_m, self.wavelength_m)

    def _pairs_of_phase(self, phase_rad: Tensor) -> Tensor:
        per_index = index_phase_rad(self.overlap, self.length_m, self.wavelength_m)
        return pairs_for_index_change(phase_rad / per_index)
