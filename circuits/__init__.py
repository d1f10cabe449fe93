"""Parts wired for arithmetic modulo m: residue, modulus, digit, rail, tile."""

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
    "ModularDotProduct",
    "RowPosition",
    "TimeDomainDotProduct",
    "calibrate",
    "calibrate_with_report",
    "commission",
    "drifted",
    "fabricate",
    "ideal_design",
    "load_chip",
    "save_chip",
    "tracked",
]
