"""How many chips are usable?  A few are fabricated, calibrated and looked at, row by row."""

import torch

from circuits import ArrayShape, InputError, Workload, calibrate, error_budget, fabricate
from mirage_core import load_machine

TARGET, CHIPS, MODULUS = 1e-6, 3, 33
shape = ArrayShape(units=1, rows=2, length=16)
design = load_machine("robust").design
torch.manual_seed(0)
# Half of the streamed numbers are zero, as behind activations.
streamed = torch.randint(-7, 8, (200, 16)) * (torch.rand(200, 16) < 0.5)
drives = torch.randint(-7, 8, (1, shape.rows, 16))
work = Workload(streamed, drives, torch.tensor([0]))

usable = 0
for seed in range(CHIPS):
    raw = fabricate(design, (MODULUS,), shape, seed)
    try:
        chip = calibrate(raw)  # by streaming digits and reading converters, as a controller would
    except InputError as refused:
        print(f"chip {seed}: {refused}")
        continue
    before, after = (error_budget(c, MODULUS, work).worst_row_error_rate for c in (raw, chip))
    usable += after <= TARGET
    print(f"chip {seed}: the worst row errs at {before:.2g} as made, {after:.2g} calibrated")
print(f"{usable} of {CHIPS} chips are usable")
