"""By how much parts of one design differ, or a designer's number may be wrong: one place for all.

A spread is taken as one standard deviation of parts that differ from chip to chip and are alike on
one chip.  What differs from place to place on a chip has parameters of its own (``..._rms_...``),
which are themselves known to a spread only.
"""

from __future__ import annotations

from typing import NamedTuple


class Spread(NamedTuple):
    """How far a parameter may be off.

    Attributes:
        size: relative, or in the unit of the parameter.
        relative: which of both.
        source: publication, or "assumption: ...".
    """

    size: float
    relative: bool
    source: str

    def of(self, value: float) -> float:
        """In the unit of a parameter that has a value."""
        return self.size * abs(value) if self.relative else self.size

    @property
    def text(self) -> str:
        """For a table."""
        return f"{100 * self.size:.3g} %" if self.relative else f"{self.size:.3g}"


USUAL = Spread(0.1, True, "assumption: corners of a foundry, for what has no spread of its own")
RMS = Spread(0.16, True, "derived: an rms of twenty devices is known to 1/√40")
_BY_LITHOGRAPHY = "assumption: drawn by lithography, to nanometres of micrometres"
_HARRIS = "Harris et al., Opt. Express 22, 10487 (2014), arXiv 1410.3616"
_ZHANG = "0.28 ± 0.02 dB: Zhang et al., Opt. Express 21, 1310 (2013)"

# By the end of a dotted name; the longest that fits counts.
SPREADS: dict[str, Spread] = {
    "laser.power_w": Spread(0.05, True, "assumption: held by a monitor diode"),
    "laser.wavelength_m": Spread(1e-9, False, "assumption: a distributed-feedback laser"),
    "rin_db_per_hz": Spread(3.0, False, "assumption: a factor of two from laser to laser"),
    "linewidth_hz": Spread(0.5, True, "assumption: from laser to laser"),
    "coupler.loss_db": Spread(0.1, False, "assumption: alignment of a fibre or laser"),
    "stage_loss_db": Spread(0.02, False, _ZHANG),
    "splitter.excess_loss_db": Spread(0.02, False, _ZHANG),
    "coherence_length_m": Spread(
        0.42 / 4.17, True, "4.17 ± 0.42 mm: Yang et al., Opt. Express 23, 16890 (2015)"
    ),
    "coupler.excess_loss_db": Spread(
        0.1, False, "2x2 multimode coupler, 0.2 to 0.4 dB: photonica.io"
    ),
    "radius_m": Spread(1e-3, True, _BY_LITHOGRAPHY),
    "pitch_m": Spread(1e-3, True, _BY_LITHOGRAPHY),
    "distance_m": Spread(1e-3, True, _BY_LITHOGRAPHY),
    "length_m": Spread(1e-3, True, _BY_LITHOGRAPHY),
    "coupler_m": Spread(1e-3, True, _BY_LITHOGRAPHY),
    "nearest_distance_m": Spread(0.0, True, "by definition: where the coupling was measured"),
    "group_index": Spread(0.01, True, "assumption: guides 10 nm too wide or too narrow"),
    "loss_db_per_m": Spread(
        0.1,
        True,
        "assumption: from wafer to wafer; 3.6 ± 0.1 dB/cm on one, Vlasov and McNab (2004)",
    ),
    "detuning_m": Spread(0.02, True, "assumption: a bias that is set once for a chip"),
    "cross_power": Spread(0.02, True, "assumption: 0.17 dB of imbalance that couplers share"),
    "p_pi_w": Spread(0.43 / 24.77, True, f"24.77 ± 0.43 mW: {_HARRIS}"),
    "insertion_loss_db": Spread(0.13 / 0.23, True, f"0.23 ± 0.13 dB: {_HARRIS}"),
    "responsivity_a_per_w": Spread(0.05, True, "assumption: from wafer to wafer"),
    "dark_current_a": Spread(0.5, True, "assumption: Ge on Si, 10 to 50 nA"),
    "full_scale_ratio": Spread(0.02, True, "assumption: gain of amplifiers, set once for a chip"),
    "full_scale_v": Spread(0.02, True, "assumption: a reference without a trim of its own"),
    "bypass_phase_rad": Spread(
        0.1, False, "assumption: lengths of guides wider or narrower than drawn"
    ),
}
# Chosen and exact, or no property of a part.
EXACT = (
    "clock_hz",
    "signal_share",
    "load_time_s",
    "load_tolerance",
    "gain_tolerance_db",
    "largest_error",
)


def spread_of(name: str) -> Spread:
    """Spread of the parameter of a dotted name."""
    fitting = [end for end in SPREADS if f".{name}".endswith(f".{end}") or name.endswith(f"_{end}")]
    if fitting:
        return SPREADS[max(fitting, key=len)]
    return RMS if "_rms" in name.rpartition(".")[2] else USUAL
