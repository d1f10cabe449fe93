"""Parts wired for arithmetic modulo m: residue, modulus, digit, rail, tile.

``ModularDotProduct`` is a row of multipliers (of length 1 the MMU, else the MDPU), ``ModularArray``
rows that share their digits (the MMVMU); both run as designed or on a chip.  ``LinkBudget``,
``row_timing`` and ``error_budget`` say beforehand what to expect of a row.

Rooms, each built on those before it:

* ``coding``: integers as digits, and residues as phases
* ``design``: every parameter of a circuit
* ``optics``: digits, heat, hybrids and delays along a row
* ``compiled``: a chip as plain numbers and tensors
* ``receiver``: photocurrents, noise, gain, memory and decisions
* ``chip``: fabrication, trims, drift, and chips in files
* ``units``: dot products and matrix-vector units
* ``netlist``: rows as netlists of their parts, for gdsfactory and SAX
* ``control``: calibration by what the converters read
* ``analysis``: budgets of light, time and errors, and the time domain
"""

from typing import TYPE_CHECKING

from photonics.errors import InputError
from photonics.lazy import lazy_names
from photonics.version import __version__ as __version__

if TYPE_CHECKING:
    from circuits.analysis.error_budget import ErrorBudget, error_budget
    from circuits.analysis.link import LinkBudget
    from circuits.analysis.time_domain import TimeDomainDotProduct
    from circuits.analysis.timing import row_timing
    from circuits.analysis.workload import Workload
    from circuits.chip.chip import Chip, fabricate
    from circuits.chip.compiling import compile_chip
    from circuits.chip.drift import drifted
    from circuits.chip.file import load_chip, save_chip
    from circuits.coding.array_shape import ArrayShape
    from circuits.compiled.arrays import CompiledChip
    from circuits.compiled.file import load_compiled, save_compiled
    from circuits.control.bring_up import bring_up
    from circuits.control.controller import Controller
    from circuits.control.oracle import OracleController
    from circuits.control.pilots import tracked
    from circuits.control.procedure import calibrate, calibrate_with_report
    from circuits.control.wander import row_wanders
    from circuits.design.circuit import Design, ideal_design
    from circuits.netlist.row import operand_settings, row_netlist
    from circuits.units.array import ModularArray
    from circuits.units.dot_product import ModularDotProduct, RowPosition

__all__ = [
    "ArrayShape",
    "Chip",
    "CompiledChip",
    "Controller",
    "Design",
    "ErrorBudget",
    "InputError",
    "LinkBudget",
    "ModularArray",
    "ModularDotProduct",
    "OracleController",
    "RowPosition",
    "TimeDomainDotProduct",
    "Workload",
    "bring_up",
    "calibrate",
    "calibrate_with_report",
    "compile_chip",
    "drifted",
    "error_budget",
    "fabricate",
    "ideal_design",
    "load_chip",
    "load_compiled",
    "operand_settings",
    "row_netlist",
    "row_timing",
    "row_wanders",
    "save_chip",
    "save_compiled",
    "tracked",
]

__getattr__ = lazy_names(
    __name__,
    {
        "analysis.error_budget": ("ErrorBudget", "error_budget"),
        "analysis.link": ("LinkBudget",),
        "analysis.time_domain": ("TimeDomainDotProduct",),
        "analysis.timing": ("row_timing",),
        "analysis.workload": ("Workload",),
        "chip.chip": ("Chip", "fabricate"),
        "chip.compiling": ("compile_chip",),
        "chip.drift": ("drifted",),
        "chip.file": ("load_chip", "save_chip"),
        "coding.array_shape": ("ArrayShape",),
        "compiled.arrays": ("CompiledChip",),
        "compiled.file": ("load_compiled", "save_compiled"),
        "control.bring_up": ("bring_up",),
        "control.controller": ("Controller",),
        "control.oracle": ("OracleController",),
        "control.pilots": ("tracked",),
        "control.procedure": ("calibrate", "calibrate_with_report"),
        "control.wander": ("row_wanders",),
        "design.circuit": ("Design", "ideal_design"),
        "netlist.row": ("operand_settings", "row_netlist"),
        "units.array": ("ModularArray",),
        "units.dot_product": ("ModularDotProduct", "RowPosition"),
    },
)


def __dir__() -> list[str]:
    return __all__
