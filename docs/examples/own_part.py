"""A ring switch from measured S-parameters, in a machine: how much light does it leave?

Two files as an instrument writes stand in for yours: of a ring that loses twice the model's, noisy.
"""

import csv
import random
import tempfile
from pathlib import Path

from circuits import LinkBudget
from devices import RingSwitch
from mirage_core import load_machine

LIGHT_M, NOISE = 1.55e-6, 3e-4
ring = RingSwitch(detuning_m=2e-9, loss_db_per_m=2 * 339.1)
instrument = random.Random(0)


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
            parts = (part for field in fields for part in (field.real, field.imag))
            lines.writerow([at_m, *(part + instrument.gauss(0.0, NOISE) for part in parts)])


with tempfile.TemporaryDirectory() as folder:
    coupled, detuned = Path(folder, "coupled.csv"), Path(folder, "detuned.csv")
    write(coupled, 0.0, 0.0)
    write(detuned, ring.detuning_m, 1.0)
    switch = {"kind": "measured", "measured_coupled": coupled, "measured_detuned": detuned}
    machine = load_machine("robust", {f"multiplier.switch.{k}": str(v) for k, v in switch.items()})

model = load_machine("robust")
lossy = load_machine("robust", {"multiplier.switch.loss_db_per_m": ring.loss_db_per_m})
for name, each in (("model", model), ("model with that loss", lossy), ("measured", machine)):
    print(f"{name}: {LinkBudget(each.design, 33, 16).worst().rail_loss_db:.1f} dB at the worst")
