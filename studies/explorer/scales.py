"""Steps of the sliders, in the units that they show."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from studies.explorer.settings import HEATER, RowSettings

_DECADE = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)


@dataclass(frozen=True)
class Scale:
    """A slider.

    Attributes:
        label: what it sets, and in which unit.
        steps: values that it can show, rising; the one that it starts at is among them.
        start: that value.
        unit: of the setting, per unit that is shown.
    """

    label: str
    steps: tuple[float, ...]
    start: float
    unit: float = 1.0

    def setting(self, shown: float) -> float:
        """Value of the setting at a value that is shown."""
        return shown * self.unit


def _scale(label: str, steps: tuple[float, ...], start: float, unit: float = 1.0) -> Scale:
    """A scale with its start put among the steps."""
    # Rounded, so that a start that is a step is no second one beside it.
    shown, steps = float(f"{start / unit:.6g}"), tuple(sorted(steps))
    at = bisect_left(steps, shown)
    if steps[at : at + 1] != (shown,):
        steps = (*steps[:at], shown, *steps[at:])
    return Scale(label, steps, shown, unit)


def scales(start: RowSettings) -> dict[str, Scale]:
    """The scale of every setting that has one, by its name."""
    # As far as the machine itself, which may take much light.
    decades = [d for d in (0.1, 1.0, 10.0, 100.0, 1e3, 1e4) if d <= max(10.0, 1e3 * start.power_w)]
    powers = tuple(round(k * d, 6) for d in decades for k in _DECADE)
    ring = start.switch == "ring"
    couplings = (
        (0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4)
        if ring
        else tuple(round(0.4 + 0.01 * k, 2) for k in range(21))
    )
    by_length = start.shifter != HEATER
    found = {
        "power_w": _scale("Laser power of the row / mW", powers, start.power_w, 1e-3),
        "loss": _scale(
            f"Loss of phase shifters / {'(dB/mm)' if by_length else 'dB each'}",
            tuple(round(k * (0.1 if by_length else 0.01), 2) for k in range(41)),
            start.loss,
            1e3 if by_length else 1.0,
        ),
        "rin_db_per_hz": _scale(
            "Laser intensity noise (RIN) / (dB/Hz)",
            tuple(float(k) for k in range(-165, -119)),
            start.rin_db_per_hz,
        ),
        "static_error_rad": _scale(
            "Static error left per digit / mrad",
            (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0),
            start.static_error_rad,
            1e-3,
        ),
        "adc_extra_bits": _scale(
            "ADC bits beyond those of a residue",
            tuple(float(k) for k in range(7)),
            start.adc_extra_bits,
        ),
        "modulus": _scale("Modulus", tuple(float(k) for k in range(5, 66)), start.modulus),
        "group_size": _scale(
            "Group size: multipliers in the row", (4.0, 8.0, 16.0, 32.0), start.group_size
        ),
        "chip_seed": _scale(
            "Chip that is made", tuple(float(k) for k in range(10)), start.chip_seed
        ),
    }
    if start.coupling is not None:
        label = "Coupling of rings to guides (power)" if ring else "Cross power of switch couplers"
        found["coupling"] = _scale(label, couplings, start.coupling)
    return found
