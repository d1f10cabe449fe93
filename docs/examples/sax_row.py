"""A row of a chip in SAX: the residue of its light, and what a ring off its place does to it.

SAX is another package, and brings jax: pip install 'mirage-photonics[sax]', or in a checkout
pip install -e '.[sax]'.
"""

import math

import numpy as np
import sax
import torch

from circuits import (
    ArrayShape,
    ModularDotProduct,
    OracleController,
    calibrate,
    fabricate,
    row_netlist,
)
from circuits.netlist.sax_models import MODELS
from mirage_core import load_machine

MODULUS, RING = 29, "plus_0_0_enter"
OFF_PM = np.array([0.0, 1.0, 10.0])

design = load_machine("robust").design
raw = fabricate(design, (MODULUS,), ArrayShape(units=1, rows=1, length=2), seed=0)
row = ModularDotProduct(MODULUS, 2, chip=calibrate(raw, controller=OracleController()))
x, w = torch.tensor([3, 7]), torch.tensor([5, 3])

# Or, of a file that `mirage show netlist` saved: netlist = yaml.safe_load(open("row.pic.yml")).
netlist = row_netlist(row, x, w)
circuit, _ = sax.circuit(netlist, MODELS)

# Settings by the name of a part take the place of those of the netlist; arrays are a sweep.
offset_m = netlist["instances"][RING]["settings"]["offset_m"] + 1e-12 * OFF_PM
fields = circuit(**{RING: {"offset_m": offset_m}})
i0, i1, q0, q1 = (np.abs(fields["laser", port]) ** 2 for port in ("i0", "i1", "q0", "q1"))
phase_rad = np.arctan2(q0 - q1, i0 - i1)

print(f"x·w mod {MODULUS} = {int(x @ w) % MODULUS}")
for off_pm, phase in zip(OFF_PM, phase_rad.tolist(), strict=True):
    cells = phase * MODULUS / (2.0 * math.pi) % MODULUS
    print(f"{RING} off by {off_pm:g} pm: {cells:.3f}, which is {round(cells) % MODULUS}")
