"""Parts wired for arithmetic modulo m: residue, modulus, digit, rail, tile."""

from circuits.calibration import calibrate, calibrate_with_report
from circuits.chip import ArrayShape, Chip, fabricate
from circuits.design import Design, ideal_design
from circuits.dot_product import ModularDotProduct, RowPosition

__all__ = [
    "ArrayShape",
    "Chip",
    "Design",
    "ModularDotProduct",
    "RowPosition",
    "calibrate",
    "calibrate_with_report",
    "fabricate",
    "ideal_design",
]
