"""The tensor core and the networks that run on it: group, exponent, integer, gradient, layer.

Rooms:

* ``machine``: the one object that describes a machine, and its presets
* ``core``: tensor cores, steps of a run, and the ledger of what was done
* ``arithmetic``: block floating point, residues, redundancy, and the formats to compare with
* ``engines``, ``native``: one for each fidelity, and kernels in C for two of them
* ``learning``: layers, gradients, and networks moved onto a core and back
* ``fidelity``: what light and format cost each product of a network, layer by layer
* ``data``, ``networks``: data sets, and networks of full size and small ones
* ``training``: recipes, optimisers and the training loop
* ``tracing``, ``cost``: the products of a network, and the time and energy that they take
"""

from typing import TYPE_CHECKING

from photonics.errors import InputError
from photonics.lazy import lazy_names
from photonics.version import __version__ as __version__

if TYPE_CHECKING:
    from mirage_core.arithmetic.bfp import BfpBlocks, BfpFormat
    from mirage_core.arithmetic.error_probabilities import ErrorProbabilities, one_reading
    from mirage_core.arithmetic.precision import Precision
    from mirage_core.arithmetic.redundancy import RedundantCode
    from mirage_core.arithmetic.redundancy_policy import Redundancy
    from mirage_core.arithmetic.residue_errors import ResidueErrors
    from mirage_core.arithmetic.rns import ModuliSet
    from mirage_core.arithmetic.slips import cheapest_safe_sets, slip_distances, undetectable_slips
    from mirage_core.core.format_core import FormatCore
    from mirage_core.core.mixed_core import MixedCore
    from mirage_core.core.precision_core import PrecisionCore
    from mirage_core.core.tensor_core import TensorCore
    from mirage_core.fidelity.layers import layer_fidelity
    from mirage_core.learning.convert import convert, revert
    from mirage_core.learning.on_core import on_core
    from mirage_core.learning.report import report
    from mirage_core.machine.config import MachineConfig
    from mirage_core.machine.loading import load_machine, preset_names

__all__ = [
    "BfpBlocks",
    "BfpFormat",
    "ErrorProbabilities",
    "FormatCore",
    "InputError",
    "MachineConfig",
    "MixedCore",
    "ModuliSet",
    "Precision",
    "PrecisionCore",
    "Redundancy",
    "RedundantCode",
    "ResidueErrors",
    "TensorCore",
    "cheapest_safe_sets",
    "convert",
    "layer_fidelity",
    "load_machine",
    "on_core",
    "one_reading",
    "preset_names",
    "report",
    "revert",
    "slip_distances",
    "undetectable_slips",
]

__getattr__ = lazy_names(
    __name__,
    {
        "arithmetic.bfp": ("BfpBlocks", "BfpFormat"),
        "arithmetic.error_probabilities": ("ErrorProbabilities", "one_reading"),
        "arithmetic.precision": ("Precision",),
        "arithmetic.redundancy": ("RedundantCode",),
        "arithmetic.redundancy_policy": ("Redundancy",),
        "arithmetic.residue_errors": ("ResidueErrors",),
        "arithmetic.rns": ("ModuliSet",),
        "arithmetic.slips": ("cheapest_safe_sets", "slip_distances", "undetectable_slips"),
        "core.format_core": ("FormatCore",),
        "core.mixed_core": ("MixedCore",),
        "core.precision_core": ("PrecisionCore",),
        "core.tensor_core": ("TensorCore",),
        "fidelity.layers": ("layer_fidelity",),
        "learning.convert": ("convert", "revert"),
        "learning.on_core": ("on_core",),
        "learning.report": ("report",),
        "machine.config": ("MachineConfig",),
        "machine.loading": ("load_machine", "preset_names"),
    },
)


def __dir__() -> list[str]:
    return __all__
