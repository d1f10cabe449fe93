"""What a training step of your own network costs on a machine, and what takes most."""

import torch
from torch import nn

from mirage_core import load_machine
from mirage_core.cost.bases import array_of, components_of
from mirage_core.cost.bill import NetworkBill
from mirage_core.tracing.trace import trace

network = nn.Sequential(
    nn.Conv2d(3, 16, 3, padding=1),
    nn.ReLU(),
    nn.Conv2d(16, 32, 3, stride=2, padding=1),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(32 * 16 * 16, 10),
)
found = trace(network, (torch.empty(64, 3, 32, 32),))  # runs without numbers
machine = load_machine("isca2024")
for basis in ("physics", "published"):  # its own parts; what the paper prints
    components = components_of(machine, basis)
    bill = NetworkBill.of(found.products, array_of(machine, basis), components)
    total = bill.total
    print(f"{basis}: {1e6 * total.time_s:.1f} µs, {total.total_j.value:.3g} J", end=", ")
    print(f"most for {total.dominant}; {bill.area_mm2:.0f} mm²")
    for name, part in bill.by_computation().items():
        print(f"  {name}: {1e6 * part.time_s:.1f} µs, {part.total_j.value:.3g} J")
