"""How much light a guide or a ring bears before the linear model of it is wrong.

::

    guide   dP/dz = -α P - (β/A) P² - (σ τ β / 2hν A²) P³       phase: Kerr + heat + carriers
    ring    P_ring = B P_in;   shift of the resonance = (heat + Kerr) against its width:
            bistable from a full shift of 8/(3√3) half widths on

What is assumed: steady state under continuous light (carriers live nanoseconds, heat stays for
microseconds, so both average over many symbols: a level that depends on the data moves the
phase of *later* symbols); a linear share of the loss turns to heat; the heat of a wire flows to
a plane sink; loss and heat of a ring are those of its full low-power build-up, which overstates
them beyond the limit, while its shift is the settled one, with the light on the cold resonance.
Carriers move a resonance the other way, against the heat, and are left out of the
bistability threshold.  Other instabilities (self-pulsing, backscatter) are not modelled.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, Self

from pydantic import model_validator
from scipy.optimize import brentq

from devices.parameters.part import Part, quantity
from photonics import nonlinear
from photonics.carriers import carrier_absorption_per_m, carrier_index_change
from photonics.errors import InputError
from photonics.rings import RingCavity
from photonics.thermal import SILICON_INDEX_PER_K
from photonics.units import power_to_db

# Beyond this a silicon wire is certainly not linear; it bounds the searches.
_POWER_CEILING_W = 100.0
# Rings so weakly coupled that they are ideal build up light until next to nothing is too much.
_POWER_FLOOR_W = 1e-30
_M3_PER_CM3 = 1e-6


class GuideResponse(NamedTuple):
    """What a power does to a guide beyond the linear model: loss in dB, phases in rad."""

    excess_loss_db: float
    kerr_phase_rad: float
    carrier_phase_rad: float
    thermal_phase_rad: float


class RingResponse(NamedTuple):
    """What a power at the input port does to a coupled ring beyond the linear model.

    Attributes:
        circulating_w: power in the ring at its full build-up.
        excess_loss_per_m: loss by two photons and carriers, at the full build-up.
        warming_k: at the full build-up.
        full_shift_half_widths: shift that the full build-up would make.
        shift_m: shift that settles, light on the cold resonance: less build-up, less shift.
        drop_phase_rad: phase of the drop port by that shift.
    """

    circulating_w: float
    excess_loss_per_m: float
    warming_k: float
    full_shift_half_widths: float
    shift_m: float
    drop_phase_rad: float


class Limits(NamedTuple):
    """Input powers in W at which each of the budgets is used up; infinite where none binds.

    The phase is slow, much the same on both rails, and still there when the chip is calibrated at
    its working power: it does not make the model wrong, but it must not follow the data.
    """

    loss_w: float
    phase_w: float
    bistable_w: float

    @property
    def linear_w(self) -> float:
        """Power above which the linear model is not valid: too much loss, or bistable."""
        return min(self.loss_w, self.bistable_w)


class PowerLimits(Part):
    """Nonlinear and thermal coefficients of silicon guides, and what is taken as too much."""

    two_photon_m_per_w: float = quantity(
        7.9e-12,
        "two-photon absorption β",
        source="0.79 cm/GW at 1540 nm: Dinu et al., Appl. Phys. Lett. 82, 2954 (2003); "
        "0.45 cm/GW: Tsang et al., Appl. Phys. Lett. 80, 416 (2002)",
        ge=0,
        le=1e-6,
    )
    kerr_m2_per_w: float = quantity(
        4.5e-18,
        "Kerr index n2",
        source="0.45e-13 cm²/W at 1540 nm: Dinu et al., Appl. Phys. Lett. 82, 2954 (2003)",
        ge=0,
        le=1e-12,
    )
    effective_area_m2: float = quantity(
        1e-13,
        "effective mode area",
        source="assumption: 450 to 500 x 220 nm wire",
        gt=0,
        le=1e-8,
    )
    carrier_lifetime_s: float = quantity(
        1e-9,
        "lifetime of free carriers",
        source="assumption: 0.5 to a few ns in a wire",
        ge=0,
        le=1,
    )
    absorbed_fraction: float = quantity(
        0.5,
        "share of the linear loss that becomes heat, the rest being scattered",
        source="assumption; near 1 in doped rings (Zheng et al., Opt. Express 20, 11478, 2012)",
        ge=0,
        le=1,
    )
    thermo_optic_per_k: float = quantity(
        SILICON_INDEX_PER_K,
        "index change per kelvin",
        source="silicon: 10.1515/nanoph-2020-0496",
        ge=0,
        le=1,
    )
    core_width_m: float = quantity(0.5e-6, "width of the wire", source="assumption", gt=0, le=1e-3)
    sink_distance_m: float = quantity(
        2e-6,
        "from the wire to the substrate",
        source="assumption: 2 µm buried oxide",
        gt=0,
        le=1e-2,
    )
    conductivity_w_per_mk: float = quantity(
        1.4,
        "thermal conductivity of the oxide",
        source="silica at 300 K: Incropera, DeWitt",
        le=1e5,
        ge=1e-4,
    )
    loss_budget_db: float = quantity(
        0.1,
        "excess loss that is still taken as linear",
        source="assumption",
        le=100,
        ge=1e-9,
    )
    phase_budget_rad: float = quantity(
        16e-3,
        "excess phase that is still taken as linear",
        source="assumption: π/6 of 1/33",
        le=100,
        ge=1e-9,
    )

    @model_validator(mode="after")
    def _above_its_sink(self) -> Self:
        if self.sink_distance_m <= 0.5 * self.core_width_m:
            raise InputError(
                "sink_distance_m",
                self.sink_distance_m,
                f"must exceed half of core_width_m, {0.5 * self.core_width_m:.3g} m",
            )
        return self

    @property
    def thermal_resistance_km_per_w(self) -> float:
        """Temperature per heat and length of a wire."""
        return nonlinear.line_thermal_resistance_km_per_w(
            self.core_width_m, self.sink_distance_m, self.conductivity_w_per_mk
        )

    def _pairs_per_cm3(self, power_w: float, wavelength_m: float) -> float:
        pairs_per_m3 = nonlinear.carrier_density_per_m3(
            power_w,
            self.two_photon_m_per_w,
            self.effective_area_m2,
            self.carrier_lifetime_s,
            wavelength_m,
        )
        return pairs_per_m3 * _M3_PER_CM3

    def _carrier_loss_per_m(self, power_w: float, wavelength_m: float) -> float:
        pairs = self._pairs_per_cm3(power_w, wavelength_m)
        return carrier_absorption_per_m(pairs, pairs)

    def excess_loss_per_m(self, power_w: float, wavelength_m: float) -> float:
        """Loss in 1/m by two photons and by the carriers they make, at one place."""
        two = nonlinear.two_photon_loss_per_m(
            power_w, self.two_photon_m_per_w, self.effective_area_m2
        )
        return two + self._carrier_loss_per_m(power_w, wavelength_m)

    def guide(
        self, power_w: float, length_m: float, loss_db_per_m: float, wavelength_m: float
    ) -> GuideResponse:
        """Excess loss and phase of a guide into which ``power_w`` is sent.

        The phases take the linear decay of the power along the guide, so they are upper bounds.
        """
        alpha = nonlinear.decibel_to_neper_per_m(loss_db_per_m)
        out_w = nonlinear.guide_output_w(
            power_w,
            length_m,
            alpha,
            self.two_photon_m_per_w / self.effective_area_m2,
            self._carrier_loss_per_m(1.0, wavelength_m),
        )
        linear_w = power_w * math.exp(-alpha * length_m)
        turns = 2.0 * math.pi / wavelength_m
        once = nonlinear.effective_length_m(alpha, length_m)
        # A density that follows P^1.6 (holes) decays along the guide 1.6 times as fast.
        pairs = self._pairs_per_cm3(power_w, wavelength_m)
        decay = nonlinear.effective_length_m(1.6 * alpha, length_m)
        heat_w = power_w - out_w - (1.0 - self.absorbed_fraction) * (power_w - linear_w)
        return GuideResponse(
            excess_loss_db=power_to_db(linear_w / out_w) if out_w > 0.0 else 0.0,
            kerr_phase_rad=turns
            * nonlinear.kerr_index(power_w, self.kerr_m2_per_w, self.effective_area_m2)
            * once,
            carrier_phase_rad=turns * carrier_index_change(pairs, pairs) * decay,
            thermal_phase_rad=turns
            * self.thermo_optic_per_k
            * self.thermal_resistance_km_per_w
            * heat_w,
        )

    def guide_limits(self, length_m: float, loss_db_per_m: float, wavelength_m: float) -> Limits:
        """Powers at which a guide uses up its budget of excess loss, or of excess phase."""

        def loss_db(power_w: float) -> float:
            return self.guide(power_w, length_m, loss_db_per_m, wavelength_m).excess_loss_db

        def phase_rad(power_w: float) -> float:
            _, *phases = self.guide(power_w, length_m, loss_db_per_m, wavelength_m)
            return sum(abs(phase) for phase in phases)

        return Limits(
            _crossing(loss_db, self.loss_budget_db),
            _crossing(phase_rad, self.phase_budget_rad),
            math.inf,
        )

    def ring(self, power_w: float, cavity: RingCavity, wavelength_m: float) -> RingResponse:
        """Heating, shift and phase of a coupled ring with ``power_w`` at its input port."""
        inside_w = cavity.build_up * power_w
        linear = nonlinear.decibel_to_neper_per_m(cavity.loss_db_per_m)
        excess = self.excess_loss_per_m(inside_w, wavelength_m)
        # Heat per length of the ring meets the resistance of a wire: the length cancels.
        heat_w_per_m = (self.absorbed_fraction * linear + excess) * inside_w
        warming_k = heat_w_per_m * self.thermal_resistance_km_per_w
        kerr = nonlinear.kerr_index(inside_w, self.kerr_m2_per_w, self.effective_area_m2)
        full_m = cavity.drift_m_per_k * warming_k + wavelength_m * kerr / cavity.group_index
        half_width_m = cavity.linewidth_m / 2.0
        settled, *_ = nonlinear.resonance_shifts(full_m / half_width_m, detuning=0.0)
        return RingResponse(
            circulating_w=inside_w,
            excess_loss_per_m=excess,
            warming_k=warming_k,
            full_shift_half_widths=full_m / half_width_m,
            shift_m=settled * half_width_m,
            drop_phase_rad=math.atan(settled),
        )

    def ring_limits(self, cavity: RingCavity, wavelength_m: float) -> Limits:
        """Powers at which a coupled ring uses up its budgets or becomes bistable."""

        def drop_loss_db(power_w: float) -> float:
            # On resonance |d|² goes as a / (1 - ρ)²; the excess lowers a and ρ alike.
            excess = self.ring(power_w, cavity, wavelength_m).excess_loss_per_m
            nepers = excess * cavity.circumference_m / 2.0
            gap = (1.0 - cavity.retention * math.exp(-nepers)) / (1.0 - cavity.retention)
            return 2.0 * power_to_db(gap) + nepers * 10.0 / math.log(10.0)

        def phase_rad(power_w: float) -> float:
            return self.ring(power_w, cavity, wavelength_m).drop_phase_rad

        def full_shift(power_w: float) -> float:
            return self.ring(power_w, cavity, wavelength_m).full_shift_half_widths

        return Limits(
            _crossing(drop_loss_db, self.loss_budget_db),
            _crossing(phase_rad, self.phase_budget_rad),
            _crossing(full_shift, nonlinear.BISTABLE_DRIVE),
        )


def _crossing(rising: Callable[[float], float], budget: float) -> float:
    """Power in W at which a rising function of it reaches a budget; infinite if it never does.

    At least the floor of the search.
    """

    def excess(log_power: float) -> float:
        return math.log(max(rising(math.exp(log_power)), 1e-300) / budget)

    low, high = math.log(_POWER_FLOOR_W), math.log(_POWER_CEILING_W)
    if excess(high) < 0.0:
        return math.inf
    if excess(low) > 0.0:
        return _POWER_FLOOR_W
    return math.exp(brentq(excess, low, high, xtol=1e-12))
