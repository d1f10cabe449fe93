r"""What the model leaves out, and about how much each would do to a machine.

Orders of magnitude, from stated assumptions and the machine's own numbers: enough to tell what a
next model should hold.  Losses are those of a rail, phases turn readings between the rails.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from circuits.analysis.timing import allowed_phase_rad, row_timing
from circuits.chip.drift import guide_lengths_m
from circuits.design.circuit import Design
from circuits.receiver.by_design import gain_control

# Power scattered back per length of wire: an assumption, 30 dB below the light in a millimetre,
# of the order of Morichetti et al., Phys. Rev. Lett. 104, 033902 (2010).
_BACKSCATTER_PER_M = 1.0
# Loss of a plain guide: Vlasov and McNab, Opt. Express 12, 1622 (2004).
_GUIDE_DB_PER_M = 360.0
# Guide in front of each stage of the feed: an assumption.
_STAGE_M = 1e-3
# Power reflected at a facet with an antireflection coating or at an angle: an assumption.
_REFLECTION = 1e-3
# Light that enters in the other polarisation: an assumption, 25 dB down.
_OTHER_POLARISATION = 10.0**-2.5
# Power of a neighbour's signal in a receiver: an assumption, 50 dB down.
_ROW_CROSSTALK = 1e-5
# Current at which an amplifier has lost 1 dB, and that loss as a third order: assumptions.
_COMPRESSED_A, _COMPRESSION = 5e-3, 1.0 - 10.0 ** (-1.0 / 20.0)
# Time constant with which a comparator decides: an assumption.
_COMPARATOR_S = 5e-12


@dataclass(frozen=True)
class Unmodelled:
    """One thing that is left out.

    Attributes:
        name: what it is.
        size: how much it does.
        unit: ``mrad`` of a reading, ``dB`` of a rail, or ``errors`` per reading.
        how: what it was worked out from.
    """

    name: str
    size: float
    unit: str
    how: str


def unmodelled(design: Design, modulus: int, length: int) -> list[Unmodelled]:
    """Everything that is known to be left out, for the dot products of one modulus.

    Raises:
        InputError: for a modulus or length of no row.
    """
    timing, gain = row_timing(design, modulus, length), gain_control(design, modulus, length)
    # Symbols that are far too short settle by no means.
    decay = (design.symbol_s - timing.symbol_s) * design.receiver.response.slowest_per_s
    unsettled_rad = allowed_phase_rad(modulus) * math.exp(-max(decay, -10.0))
    lost_db = length * float(gain.residue_loss_db().mean())
    found = [
        Unmodelled(
            "switches on their way",
            1e3 * min(unsettled_rad, math.pi),
            "mrad",
            "what the timing budget allows, decayed over the rest of the symbol",
        ),
        Unmodelled(
            "reflections",
            1e3 * _REFLECTION,
            "mrad",
            "two interfaces of -30 dB that make a cavity of a rail; drifts with its length",
        ),
        Unmodelled(
            "polarisation",
            1e3 * min(_OTHER_POLARISATION * 10.0 ** (lost_db / 10.0), math.pi),
            "mrad",
            "light 25 dB down that nothing switches, turns or weakens, against the mean symbol; "
            "constant, so taken off with the offsets as far as those reach",
        ),
        Unmodelled(
            "rows that hear each other",
            1e3 * math.sqrt(_ROW_CROSSTALK),
            "mrad",
            "-50 dB of either neighbour, as strong as the row, at any phase",
        ),
        Unmodelled(
            "saturation",
            1e3 * 0.25 * _COMPRESSION * (gain.largest_amplitude_a / _COMPRESSED_A) ** 2,
            "mrad",
            "third order of an amplifier that loses 1 dB at 5 mA, for the brightest symbol",
        ),
        Unmodelled(
            "metastable converters",
            math.exp(-0.5 * design.symbol_s / _COMPARATOR_S),
            "errors",
            "half a symbol for comparators of 5 ps",
        ),
    ]
    multiplier, wavelength_m = design.multiplier, design.laser.wavelength_m
    fed_w = design.row_power_w(modulus) * design.feed.fan_out * design.coupler.transmission
    absorbed_db = sum(
        design.power_limits.guide(
            fed_w / 2**stage, _STAGE_M, _GUIDE_DB_PER_M, wavelength_m
        ).excess_loss_db
        for stage in range(design.feed.depth)
    )
    how = (
        "two photons and carriers, in a millimetre of wire with the light of all rows, of half, ..."
    )
    found.insert(0, Unmodelled("strong light in the feed", absorbed_db, "dB", how))
    shifters_m, switches_m = guide_lengths_m(design, modulus, length)
    moving_m = 0.5 * shifters_m * multiplier.multiplied_rails
    motion_rad2 = multiplier.shifter.motion_rad2_per_m * moving_m
    if motion_rad2 > 0.0:
        how = "kT of every beam at the least, drawn to pull-in; half of all digits are one"
        size = 1e3 * min(math.sqrt(motion_rad2), math.pi)
        found.insert(0, Unmodelled("thermal motion of beams", size, "mrad", how))
    cavity = multiplier.switch.cavity(wavelength_m)
    plain_m = 0.5 * shifters_m + (0.0 if cavity is None else switches_m)
    how = "3.6 dB/cm of the guide beside rings, and of bypasses as long as shifters, half of them"
    found.insert(0, Unmodelled("plain guides", _GUIDE_DB_PER_M * plain_m, "dB", how))
    if cavity is None:
        return found
    # Light that goes the other way round splits the resonance: on its middle the dropped field is
    # that of a ring with the loss of its round trip raised by r² / (1 - ρ).
    scattered = _BACKSCATTER_PER_M * cavity.circumference_m
    lost_db = 20.0 * math.log10(1.0 + scattered / (1.0 - cavity.retention) ** 2)
    coupled = length * gain.code.count
    how = "-30 dB per millimetre around each ring; half of all rings couple"
    return [Unmodelled("backscatter in rings", coupled * lost_db, "dB", how), *found]
