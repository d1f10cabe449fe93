"""Parts wired for arithmetic modulo m: residue, modulus, digit, rail, tile."""

from circuits.chip import ArrayShape, Chip, fabricate
from circuits.design import Design, ideal_design
from circuits.dot_product import ModularDotProduct, RowPosition

__all__ = [
    "ArrayShape",
    "Chip",
    "Design",
    "ModularDotProduct",
    "RowPosition",
    "fabricate",
    "ideal_design",
]
