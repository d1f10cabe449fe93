"""Is there enough light, and enough time?  The budget of a row, for machines and for lengths."""

from circuits import LinkBudget
from mirage_core import load_machine

MODULUS, TARGET = 33, 1e-6

print("machine      multipliers  worst loss  it errs   light for 1e-6  settles up to")
for name in ("isca2024", "robust"):
    design = load_machine(name).design
    for length in (4, 8, 16):
        budget = LinkBudget(design, MODULUS, length)
        worst = budget.worst()
        closing_w = budget.closing_power_w(TARGET, worst.rail_loss_db)
        clock_hz = budget.timing().fastest_clock_hz
        print(
            f"{name:10} {length:8} {worst.rail_loss_db:12.1f} dB  {worst.symbol_error_rate:8.1e}"
            f"  {1e3 * closing_w:10.3g} mW  {1e-9 * clock_hz:8.3f} GHz"
        )
