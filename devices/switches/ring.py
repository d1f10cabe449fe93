"""Micro-ring add-drop switch: on resonance it drops the light, detuned it lets the light pass.

::

    in ──►──────────►── through      coupled (on resonance): in -> drop
           ( ring )                  detuned (biased):       in -> through
    drop ─◄──────────

One set of coupling, loss and detuning fixes the insertion loss, the leak, the phase and the
delay of both states together; there is no separate extinction ratio to contradict them.
Detunings are shifts of the resonance towards longer wavelengths, in m of wavelength.  A shifter
that gathers carriers moves it to shorter ones: then, without drift, the losses and leaks of the
detuned state are the same and its phases have the other sign, a constant that trimming removes.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal, NamedTuple, Self

import torch
from pydantic import model_validator
from torch import Tensor

from devices.light.laser import PAPER
from devices.parameters.part import quantity
from devices.switches.ring_trimmer import RingTrimmer
from devices.switches.switch import IdealLimits, Switch
from photonics import rings
from photonics.checks import check_wavelength_m
from photonics.dispersion import group_delay_s
from photonics.errors import InputError
from photonics.random import NoiseKey
from photonics.ring_fit import RingFigures, fit_symmetric_ring, ring_figures
from photonics.ring_transients import switched_ring
from photonics.switching import RingNumbers, SwitchFields
from photonics.units import loss_to_amplitude

# Of a ring that loses more in one turn nothing is left to interfere.
_MOST_ROUND_TRIP_DB = 1000.0


class RingState(NamedTuple):
    """Field transmission of a ring to its through and its drop port."""

    through: complex
    drop: complex


# "Ultralow-crosstalk, strictly non-blocking microring-based optical switch": Cheng et al.,
# Photonics Research 7, 155 (2019), thermo-optic silicon rings; extinction "exceeding" 25 dB.
CHENG_2019 = RingFigures(0.5, 0.1, 25.0, 24e9)


class RingSwitch(Switch):
    """An add-drop ring, with equal couplers unless told otherwise."""

    offset_unit: ClassVar[str] = "m"
    limits: ClassVar[IdealLimits] = IdealLimits(
        trimmed=("trimmer.spread_rms_m=0",),
        # Rings that do not leak have no width, and no loss.
        leak=(
            "coupling_power=1e-6",
            "loss_db_per_m=0",
            "detuning_m=4.5e-9",
            "trimmer.spread_rms_m=0",
        ),
        remedy="multiplier.switch.detuning_m",
    )

    kind: Literal["ring"] = quantity("ring", "kind of switch", source="by definition")
    radius_m: float = quantity(10e-6, "ring radius", source=f"{PAPER}, Sec. V-B", gt=0, le=1e-2)
    coupling_power: float = quantity(
        0.1,
        "power cross-coupling k² of the input coupler",
        source="assumption: a compromise between leak, loss and photon lifetime",
        gt=0,
        lt=1,
    )
    drop_coupling_power: float | None = quantity(
        None,
        "power cross-coupling of the drop coupler; none for that of the input coupler",
        source="by design",
        gt=0,
        lt=1,
    )
    loss_db_per_m: float = quantity(
        339.1,
        "propagation loss in the ring",
        source=f"{PAPER}, Sec. V-B: chosen so that the coupled state loses the 0.2 dB given there",
        ge=0,
        le=1e6,
    )
    group_index: float = quantity(4.2, "group index", source="silicon wire, 1550 nm", gt=1, le=20)
    detuning_m: float = quantity(
        1e-9,
        "shift of the resonance in the detuned state",
        source="2.1 V around the whole ring at Vπ L = 0.059 V cm "
        "(Li et al., Opt. Express 29, 6824, 2021, III-V/Si hybrid capacitor)",
        gt=0,
        le=1e-6,
    )
    detuning_loss_db_per_m: float = quantity(
        0.0,
        "further loss in the ring in the detuned state, in proportion to the bias",
        source="assumption: none, as of a heater or a Pockels effect; carriers gathered in a "
        "capacitor absorb (Soref and Bennett, IEEE J. Quantum Electron. 23, 123, 1987)",
        ge=0,
        le=1e6,
    )
    capacitance_f: float = quantity(
        0.1e-12,
        "capacitance of its shifter",
        source="assumption: as that of the drive of switches, 0.1 pF",
        ge=0,
        le=1,
    )
    v_pi_l_vm: float = quantity(
        5.9e-4,
        "voltage-length product for a phase of π of the ring's shifter (0.059 V cm)",
        source="Li et al., Opt. Express 29, 6824 (2021), III-V/Si hybrid capacitor",
        gt=0,
        le=1e3,
    )
    driven_fraction: float = quantity(
        1.0, "share of the circumference that is driven", source="assumption", gt=0, le=1
    )
    max_bias_v: float = quantity(
        10.0,
        "most that the ring's shifter stands",
        source="assumption: 10 nm of oxide in its capacitor, which breaks down at 1 V/nm",
        gt=0,
        le=1e3,
    )
    drift_m_per_k: float = quantity(
        75e-12,
        "shift of the resonance per kelvin",
        source="assumption: 70 to 80 pm/K; λ (dn/dT) / n_g of silicon is 69 pm/K",
        ge=0,
        le=1e-8,
    )

    trimmer: RingTrimmer = quantity(RingTrimmer(), "trimmer of each ring", source="by design")

    @model_validator(mode="after")
    def _light_goes_round(self) -> Self:
        loss_db_per_m = self.loss_db_per_m + self.detuning_loss_db_per_m
        lost_db = loss_db_per_m * self.circumference_m
        if lost_db > _MOST_ROUND_TRIP_DB:
            raise InputError(
                "loss_db_per_m",
                self.loss_db_per_m,
                f"with that of the detuned state a round trip loses {lost_db:.4g} dB, and "
                f"{_MOST_ROUND_TRIP_DB:g} is the most",
                "lower it, detuning_loss_db_per_m or radius_m",
            )
        return self

    def check(self, wavelength_m: float) -> None:
        """Refuse a detuned state nearer to the next resonance, or beyond what the shifter stands.

        Raises:
            InputError: naming the detuning.
        """
        half_m, bias_v = self.fsr_m(wavelength_m) / 2.0, self.bias_v(wavelength_m)
        if self.detuning_m > half_m:
            raise InputError(
                "detuning_m",
                self.detuning_m,
                f"must be at most half of the free spectral range, {half_m:.4g} m at "
                f"{wavelength_m:g} m",
                "lower it or radius_m",
            )
        if bias_v > self.max_bias_v:
            raise InputError(
                "detuning_m",
                self.detuning_m,
                f"takes a bias of {bias_v:.4g} V, and max_bias_v = {self.max_bias_v:g} is the most",
                "lower it or v_pi_l_vm, or raise driven_fraction",
            )

    @property
    def guide_m(self) -> float:
        """Length of guide beside a ring: its diameter."""
        return 2.0 * self.radius_m

    @property
    def swing(self) -> float:
        """How far the bias moves the resonance."""
        return self.detuning_m

    def offset_per_k(self, wavelength_m: float) -> float:
        """How far a kelvin moves the resonance."""
        check_wavelength_m(wavelength_m)
        return self.drift_m_per_k

    @property
    def reads(self) -> int:
        """Readings at either side of the resonance."""
        return self.trimmer.reads

    def trimmed(
        self, key: NoiseKey, lattice: tuple[int, ...], wavelength_m: float, reading_rms: float
    ) -> Tensor:
        """Detunings that the ring trimmers leave, float64 (*lattice, S, E).

        Half a linewidth to either side of the resonance the dropped field is 1/√2 of that on it,
        and falls by as much over a linewidth; the difference of two readings tells the middle.
        """
        found_rms_m = reading_rms * self.linewidth_m(wavelength_m)
        *array, multipliers, digits = lattice
        # Along a rail, ring after ring.
        chain = (*array, 2, multipliers * digits * 2)
        left_m = self.trimmer.residual_m(key, chain, found_rms_m)
        by_ring: Tensor = left_m.unflatten(-1, (multipliers, digits, 2)).movedim(-4, -2)
        return by_ring

    def trimmer_power_w(self, count: int) -> float:
        """Mean power in W of the trimmers of so many rings."""
        return self.trimmer.expected_power_w(count)

    @property
    def trimmer_area_m2(self) -> float:
        """Area in m² of its trimmer."""
        return self.trimmer.area_m2

    def hold_power_w(self, *, coupled: bool) -> float:
        """Mean power in W of its trimmer; a capacitor holds its bias for nothing."""
        return self.trimmer_power_w(1)

    def change_energy_j(self, wavelength_m: float) -> float:
        """Energy in J of a change of its bias: ½ C V²."""
        return 0.5 * self.capacitance_f * self.bias_v(wavelength_m) ** 2

    @property
    def area_m2(self) -> float:
        """Area in m² of the square about the ring, and of its trimmer."""
        return (2.0 * self.radius_m) ** 2 + self.trimmer_area_m2

    def numbers(self, wavelength_m: float, *, coupled: bool) -> RingNumbers:
        """The ring on resonance, or biased off it, as plain numbers."""
        bias, detuning_m = (0.0, 0.0) if coupled else (1.0, self.detuning_m)
        turn_rad_per_m = self.turn_rad_per_m(wavelength_m)
        return RingNumbers(*self.biased_cavity(bias), detuning_m, turn_rad_per_m)

    @property
    def circumference_m(self) -> float:
        """Length of one round trip."""
        return 2.0 * math.pi * self.radius_m

    @property
    def _self_couplings(self) -> tuple[float, float]:
        drop = self.drop_coupling_power
        first = math.sqrt(1.0 - self.coupling_power)
        return first, first if drop is None else math.sqrt(1.0 - drop)

    @property
    def _cavity(self) -> tuple[float, float, float]:
        """Self-couplings and round-trip amplitude, as the functions of rings take them."""
        return self.biased_cavity(0.0)

    def biased_cavity(self, bias: float) -> tuple[float, float, float]:
        """Both self-couplings and the round-trip amplitude under a fraction of the full bias."""
        loss_db_per_m = self.loss_db_per_m + bias * self.detuning_loss_db_per_m
        return *self._self_couplings, loss_to_amplitude(loss_db_per_m * self.circumference_m)

    @property
    def _retention(self) -> float:
        return math.prod(self._cavity)

    def fsr_m(self, wavelength_m: float) -> float:
        """Free spectral range in m of wavelength: λ² / (n_g L)."""
        check_wavelength_m(wavelength_m)
        return wavelength_m**2 / (self.group_index * self.circumference_m)

    def turn_rad_per_m(self, wavelength_m: float) -> float:
        """Phase of a round trip per shift of the resonance: 2π / FSR."""
        return 2.0 * math.pi / self.fsr_m(wavelength_m)

    def at(self, detuning_m: float, wavelength_m: float, bias: float = 0.0) -> RingState:
        """Field transmission at a given distance from resonance.

        Args:
            detuning_m: distance, of whatever origin.
            wavelength_m: vacuum wavelength.
            bias: share of the bias of the detuned state, which costs its share of loss.
        """
        theta = detuning_m * self.turn_rad_per_m(wavelength_m)
        return RingState(*rings.ring_add_drop(*self.biased_cavity(bias), theta))

    def transfer(
        self, detuning_m: Tensor, wavelength_m: float, bias: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """Through and drop field at many distances, complex128 of their shape; as ``at``."""
        theta = detuning_m.to(torch.float64) * self.turn_rad_per_m(wavelength_m)
        return rings.ring_add_drop(*self.biased_cavity(bias), theta)

    def coupled(self, wavelength_m: float) -> RingState:
        """Unbiased state: on resonance, the light drops."""
        return self.at(0.0, wavelength_m)

    def detuned(self, wavelength_m: float) -> RingState:
        """Biased state: off resonance, the light passes."""
        return self.at(self.detuning_m, wavelength_m, 1.0)

    def figures(self, wavelength_m: float) -> RingFigures:
        """Insertion losses, extinction and bandwidth, all from the same parameters."""
        theta = self.detuning_m * self.turn_rad_per_m(wavelength_m)
        range_hz = rings.wavelength_to_frequency_width(self.fsr_m(wavelength_m), wavelength_m)
        biased_amplitude = self.biased_cavity(1.0)[2]
        return ring_figures(*self._cavity, theta, range_hz, biased_amplitude)

    def linewidth_m(self, wavelength_m: float) -> float:
        """Full width at half maximum of the drop resonance, in m of wavelength: FSR / finesse."""
        return self.fsr_m(wavelength_m) / rings.finesse(self._retention)

    def bandwidth_hz(self, wavelength_m: float) -> float:
        """Full width at half maximum of the drop resonance in Hz."""
        return rings.wavelength_to_frequency_width(self.linewidth_m(wavelength_m), wavelength_m)

    def lifetime_s(self, wavelength_m: float) -> float:
        """Field lifetime in s of the coupled state, 1 / (π Δf), near its group delay."""
        return rings.field_lifetime_s(self.bandwidth_hz(wavelength_m))

    def through_slope_rad_per_m(self, detuning_m: float, wavelength_m: float) -> float:
        """Phase of the biased through port per shift of the resonance (1 mrad/pm is 1e9 rad/m)."""
        turn = self.turn_rad_per_m(wavelength_m)
        return turn * rings.through_phase_slope(*self.biased_cavity(1.0), detuning_m * turn)

    def drop_slope_rad_per_m(self, detuning_m: float, wavelength_m: float) -> float:
        """Phase of the drop port per shift of the resonance (1 mrad/pm is 1e9 rad/m)."""
        turn = self.turn_rad_per_m(wavelength_m)
        return turn * rings.drop_phase_slope(self._retention, detuning_m * turn)

    def leaking_least(self, wavelength_m: float) -> Self:
        """The ring detuned by half of its free spectral range."""
        return self.changed({"detuning_m": 0.5 * self.fsr_m(wavelength_m)})

    def slope_rad(self, wavelength_m: float, *, coupled: bool) -> float:
        """Phase of the port that the light is meant for per shift of the resonance."""
        if coupled:
            return self.drop_slope_rad_per_m(0.0, wavelength_m)
        return self.through_slope_rad_per_m(self.detuning_m, wavelength_m)

    def delay_s(self, wavelength_m: float, *, coupled: bool) -> float:
        """Group delay to the port that the light is meant for."""
        detuning_m = 0.0 if coupled else self.detuning_m
        return self.group_delay_s(detuning_m, wavelength_m, coupled=coupled)

    def group_delay_s(self, detuning_m: float, wavelength_m: float, *, coupled: bool) -> float:
        """Group delay in s to the drop port (``coupled``), or to the through port when biased."""
        turn = detuning_m * self.turn_rad_per_m(wavelength_m)
        round_trip_s = group_delay_s(self.group_index, self.circumference_m)
        if coupled:
            return round_trip_s * rings.drop_phase_slope(self._retention, turn)
        return round_trip_s * rings.through_phase_slope(*self.biased_cavity(1.0), turn)

    def detuning_at_bias_m(self, bias_v: float, wavelength_m: float) -> float:
        """Shift of the resonance under a bias: FSR V L / (2 Vπ L)."""
        driven_m = self.driven_fraction * self.circumference_m
        return self.fsr_m(wavelength_m) * bias_v * driven_m / (2.0 * self.v_pi_l_vm)

    def bias_v(self, wavelength_m: float) -> float:
        """Bias in V that reaches the detuned state."""
        return self.detuning_m / self.detuning_at_bias_m(1.0, wavelength_m)

    def cavity(self, wavelength_m: float) -> rings.RingCavity:
        """The coupled ring as the power limits see it."""
        return rings.RingCavity(
            build_up=rings.build_up(*self._cavity),
            retention=self._retention,
            circumference_m=self.circumference_m,
            loss_db_per_m=self.loss_db_per_m,
            group_index=self.group_index,
            linewidth_m=self.linewidth_m(wavelength_m),
            drift_m_per_k=self.drift_m_per_k,
            drop_over_input=(self.drop_coupling_power or self.coupling_power) / self.coupling_power,
        )

    def time_step_s(self) -> float:
        """Time of half a round trip, the step of the ring's fields in time."""
        return 0.5 * group_delay_s(self.group_index, self.circumference_m)

    def transient(
        self,
        wavelength_m: float,
        bias: Tensor,
        offset: Tensor,
        entering: Tensor,
        adding: Tensor | None = None,
    ) -> SwitchFields:
        """Through and drop field while the bias changes, in steps of half a round trip.

        Args:
            wavelength_m: vacuum wavelength.
            bias: share of the full bias on each half trip, (..., T).
            offset: extra detuning of this ring in m, (..., 1, 1) or (..., T, 1).
            entering: field at the input port, complex128 (..., T).
            adding: field at the add port, none for no light.
        """
        half_m = 0.5 * self.circumference_m
        unbiased = loss_to_amplitude(self.loss_db_per_m * half_m)
        biased = loss_to_amplitude(self.detuning_loss_db_per_m * half_m)
        detuning_m = bias * self.detuning_m + offset[..., 0]
        phase = math.pi / self.fsr_m(wavelength_m) * detuning_m
        half_turn = torch.polar((unbiased * biased**bias).expand_as(phase).contiguous(), phase)
        found = switched_ring(*self._self_couplings, half_turn, entering, adding)
        return SwitchFields(found.through, found.drop)

    @classmethod
    def fit(cls, quoted: RingFigures, wavelength_m: float, **fixed: Any) -> Self:
        """The symmetric ring that comes closest to a quoted set of figures.

        Three parameters (coupling, loss, detuning) meet four figures, so the set need not be
        reachable: compare ``figures`` of the result with what was quoted.

        Args:
            quoted: losses and extinction positive, in dB.
            wavelength_m: vacuum wavelength.
            fixed: other fields of the ring, such as ``radius_m``; its detuning costs no loss.

        Raises:
            InputError: for figures that no ring can have.
        """
        blank = cls(**fixed)
        range_m = blank.fsr_m(wavelength_m)
        range_hz = rings.wavelength_to_frequency_width(range_m, wavelength_m)
        found = fit_symmetric_ring(quoted, range_hz)
        return cls(
            **fixed,
            coupling_power=found.coupling_power,
            loss_db_per_m=found.round_trip_loss_db / blank.circumference_m,
            detuning_m=found.detuning_rad / (2.0 * math.pi) * range_m,
        )
