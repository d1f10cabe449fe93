"""Is there enough light, and enough time?  The budget of a row, for machines and for lengths.

How much light is lost hangs on what is streamed: one in a thousand inputs of a network that learns
loses more than the first figure, and nothing loses more than the worst input, all residues of which
are the one that loses most.
"""

import torch

from circuits import LinkBudget
from mirage_core import load_machine
from mirage_core.training.datasets import load_dataset
from mirage_core.training.streamed import streamed_in_training

MODULUS, TARGET = 33, 1e-6
data = load_dataset("digits")

print(f"multipliers, data           loss   noise errs  light for {TARGET:g}   settles up to")
for name in ("isca2024", "robust"):
    for length in (4, 8, 16):
        machine = load_machine(name, {"bfp.group_size": length})
        budget = LinkBudget(machine.design, MODULUS, length)
        learned = streamed_in_training(machine, data)["forward"].long()
        losses_db = budget.gain.rail_loss_db(budget.gain.code.digits(learned))
        network, worst = budget.at_loss(float(torch.quantile(losses_db, 0.999))), budget.worst()
        clock_ghz = 1e-9 * budget.timing().fastest_clock_hz
        for kind, point in (("network", network), ("worst input", worst)):
            closing_w = budget.closing_power_w(TARGET, point.rail_loss_db)
            errs = f"{point.rail_loss_db:6.1f} dB {point.symbol_error_rate:9.0e}"
            light = f"{1e3 * closing_w:12.3g} mW {clock_ghz:11.3f} GHz"
            print(f"{name:8} {length:3} {kind:11} {errs} {light}")
