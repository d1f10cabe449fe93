"""A machine of your own is a file of what it changes: less light, less noise."""

import tempfile
from pathlib import Path

import torch

import mirage_core as mirage

MACHINE = """
extends = "robust"
array.rows = 8
array.units = 1
laser.power_w = 3e-3
receiver.tia.noise_a_per_rthz = 2e-12

[sources]
laser.power_w = "data sheet of the laser"
"""

with tempfile.TemporaryDirectory() as folder:
    file = Path(folder, "mine.toml")
    file.write_text(MACHINE)
    machine = mirage.load_machine(file)

torch.manual_seed(0)
a, b = torch.randn(8, 64), torch.randn(64, 256)
core = mirage.TensorCore(machine, seed=0)  # its chip is fabricated and calibrated here
product = core.matmul(a, b)
exact = mirage.TensorCore(machine, fidelity="integer").matmul(a, b)
done = core.ledger.total
print(f"{done.residue_error_rate:.1e} of the residues are wrong")
print(f"{done.re_reads} integers out of range were read again", end=", ")
print(f"{done.wrong_integers} of {done.integers} stay wrong")
print(f"largest error by light {(product - exact).abs().max():.3g}, by format", end=" ")
print(f"{(exact - a @ b).abs().max():.3g}")
