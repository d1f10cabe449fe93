"""A ring switch from measured S-parameters, in a machine: does it leave as much light?

Two files such as an instrument writes, one for each state, stand in for yours.
"""

import csv
import tempfile
from pathlib import Path

from circuits import LinkBudget
from devices import RingSwitch
from mirage_core import load_machine

LIGHT_M = 1.55e-6
ring = RingSwitch(coupling_power=0.1, detuning_m=2e-9)


def write(file: Path, shift_m: float, bias: float) -> None:
    """Fields out of port a for light into port b; what is left out is as on the way back."""
    pairs = [(a, b) for b in (1, 2, 3) for a in (1, 2, 3) if a >= b]
    names = [f"s{a}{b}_{part}" for a, b in pairs for part in ("re", "im")]
    with file.open("w", newline="") as opened:
        lines = csv.writer(opened)
        lines.writerow(["wavelength_m", *names])
        for step in range(-100, 101):
            at_m = LIGHT_M + step * 2e-11
            through, drop = ring.at(shift_m + LIGHT_M - at_m, LIGHT_M, bias)
            # Through is port 2, drop port 3; analysers write a delay as a negative phase.
            fields = [{(2, 1): through, (3, 1): drop}.get(p, 0j).conjugate() for p in pairs]
            lines.writerow([at_m, *(v for z in fields for v in (z.real, z.imag))])


with tempfile.TemporaryDirectory() as folder:
    coupled, detuned = Path(folder, "coupled.csv"), Path(folder, "detuned.csv")
    write(coupled, 0.0, 0.0)
    write(detuned, ring.detuning_m, 1.0)
    switch = {"kind": "measured", "measured_coupled": coupled, "measured_detuned": detuned}
    machine = load_machine("robust", {f"multiplier.switch.{k}": str(v) for k, v in switch.items()})

for name, design in (("model", load_machine("robust").design), ("measured", machine.design)):
    print(f"{name}: {LinkBudget(design, 33, 16).worst().rail_loss_db:.2f} dB on the worst way")
