"""Units by the ending of a parameter's name."""

from __future__ import annotations

# The longest ending that fits counts.
UNITS = {
    "_a": "A",
    "_a_per_rthz": "A/√Hz",
    "_a_per_w": "A/W",
    "_db": "dB",
    "_db_per_hz": "dB/Hz",
    "_db_per_m": "dB/m",
    "_db_per_pi": "dB per π",
    "_f": "F",
    "_f_per_m": "F/m",
    "_hz": "Hz",
    "_k": "K",
    "_lsb": "steps",
    "_m": "m",
    "_m2": "m²",
    "_m2_per_w": "m²/W",
    "_m_per_k": "m/K",
    "_m_per_w": "m/W",
    "_ohm": "Ω",
    "_per_cm3": "1/cm³",
    "_per_k": "1/K",
    "_rad": "rad",
    "_s": "s",
    "_v": "V",
    "_vm": "V m",
    "_w": "W",
    "_w_per_m": "W/m",
    "_w_per_rad": "W/rad",
    "_w_per_mk": "W/(m K)",
    "_j_per_step": "J per step",
    "_s_per_m2": "s/m²",
}


def unit(name: str) -> str:
    """Unit of a parameter; nothing for a number without one."""
    fitting = [ending for ending in UNITS if name.endswith(ending)]
    return UNITS[max(fitting, key=len)] if fitting else ""
