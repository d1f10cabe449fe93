"""Parts wired for arithmetic modulo m: residue, modulus, digit, rail, tile.

``ModularDotProduct`` is a row of multipliers (of length 1 the MMU, else the MDPU), ``ModularArray``
rows that share their digits (the MMVMU); both run as designed or on a chip.  ``LinkBudget``,
``unit_timing`` and ``error_budget`` say beforehand what to expect of a unit.
"""

from circuits.array import ModularArray
from circuits.budgets.errors import ErrorBudget, error_budget
from circuits.budgets.link import LinkBudget
from circuits.budgets.optical_errors import Workload
from circuits.budgets.timing import unit_timing
from circuits.calibration.commission import commission
from circuits.calibration.pilots import tracked
from circuits.calibration.procedure import calibrate, calibrate_with_report
from circuits.chip import ArrayShape, Chip, fabricate
from circuits.chip_file import load_chip, save_chip
from circuits.design import Design, ideal_design
from circuits.dot_product import ModularDotProduct, RowPosition
from circuits.drift import drifted
from circuits.time_domain import TimeDomainDotProduct

__all__ = [
    "ArrayShape",
    "Chip",
    "Design",
    "ErrorBudget",
    "LinkBudget",
    "ModularArray",
    "ModularDotProduct",
    "RowPosition",
    "TimeDomainDotProduct",
    "Workload",
    "calibrate",
    "calibrate_with_report",
    "commission",
    "drifted",
    "error_budget",
    "fabricate",
    "ideal_design",
    "load_chip",
    "save_chip",
    "tracked",
    "unit_timing",
]
