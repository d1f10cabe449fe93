"""A row of a chip in SAX: the residue of its light, and what a ring off its place does to it.

pip install 'mirage-photonics[sax]'
mirage show netlist robust --streamed 3 --stationary 5 --save row.pic.yml
python sax_row.py row.pic.yml
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import sax
import yaml

from circuits.netlist.sax_models import MODELS

DIODES = ("i0", "i1", "q0", "q1")
OFF_PM = np.array([0.0, 1.0, 10.0])


def phases_rad(netlist: dict[str, Any], ring: str) -> Any:
    """Angle of I + jQ behind the diodes with a ring that lies further to the red, by OFF_PM."""
    circuit, _ = sax.circuit(netlist, MODELS)
    offset_m = netlist["instances"][ring]["settings"]["offset_m"] + 1e-12 * OFF_PM
    # Settings by the name of a part take the place of those of the netlist; arrays are a sweep.
    fields = circuit(**{ring: {"offset_m": offset_m}})
    i0, i1, q0, q1 = (np.abs(fields["laser", port]) ** 2 for port in DIODES)
    return np.arctan2(q0 - q1, i0 - i1)


def main(file: Path, ring: str = "plus_0_0_enter") -> Any:
    """Print the residue of each phase in turn; returns the phases."""
    netlist = yaml.safe_load(file.read_text())
    info, angle_rad = netlist["info"], phases_rad(netlist, ring)
    modulus = info["modulus"]
    exact = sum(x * w for x, w in zip(info["x"], info["w"], strict=True)) % modulus
    print(f"x·w mod {modulus} = {exact}")
    for off_pm, angle in zip(OFF_PM, angle_rad, strict=True):
        cells = float(angle) * modulus / (2.0 * math.pi) % modulus
        print(f"{ring} off by {off_pm:g} pm: {cells:.3f}, which is {round(cells) % modulus}")
    return angle_rad


if __name__ == "__main__":
    main(Path(sys.argv[1]))
