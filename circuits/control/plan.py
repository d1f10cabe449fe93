"""What a calibration and its pilots take: readings, loads, and the time of both.

Every reading dithers a row trimmer, which has to settle before it::

    time = reads (settling + averages symbol) + loads load
"""

from __future__ import annotations

from circuits.design.circuit import Design
from circuits.optics.digit import DigitOptics

TURN_READS = 64
"""Readings of one turn of the receiver."""
BATCHES = (1 / 16, 1 / 16, 1 / 8, 1 / 4, 1 / 2)
"""Shares of the random probes that each batch takes."""
PROBES_PER_LOAD = 16
"""Probes read with a set of drives, at least: loading takes time."""
PILOTS_PER_LOAD = 8
"""Pilots streamed with one set of drives."""


def reading_time_s(design: Design, reads: int, loads: int) -> float:
    """Time of so many readings of every row, all rows at once, and loads of the drives."""
    plan = design.calibration
    reading_s = plan.trimmer.settling_s + plan.averages * design.symbol_s
    return reads * reading_s + loads * design.multiplier.load_s


def probe_loads(modulus: int, count: int) -> int:
    """Loads for a batch of so many random probes: no more than there are levels."""
    return min(modulus, max(1, count // PROBES_PER_LOAD))


def pilot_loads(count: int) -> int:
    """Loads for so many pilots."""
    return -(-count // PILOTS_PER_LOAD)


def calibration_loads(design: Design, modulus: int, length: int) -> int:
    """Loads of a calibration whose receivers are set after one turn.

    One for the turn and one for the digits one by one, both with all drives at zero, and those of
    the batches of random probes.
    """
    optics = DigitOptics.of(design.multiplier, modulus, design.laser.wavelength_m)
    reads = design.calibration.reads
    rest = reads - TURN_READS - length * optics.code.count
    batches = [int(share * rest) for share in BATCHES[:-1]]
    batches.append(rest - sum(batches))
    return 2 + sum(probe_loads(modulus, count) for count in batches)
