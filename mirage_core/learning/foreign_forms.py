"""Forms that torch gives to models in which a core cannot multiply.

A script, an export, a symbolic trace and replicas in threads leave out the code that brings
products to a core; scripted and quantized modules multiply in operators of their own.  Each is
refused with what to do instead.
"""

from __future__ import annotations

from typing import Any, NoReturn

import torch
from torch import nn
from torch.fx import Proxy

from mirage_core.core.whole_graphs import require_no_whole_graph
from mirage_core.learning.classes import Added
from mirage_core.learning.watch import is_product
from photonics.errors import InputError

_QUANTIZED = ("torch.ao.nn.quantized", "torch.ao.nn.intrinsic.quantized")
# Of which all quantized layers with products are derived; the others are activations and the like.
_WEIGHTED = ("WeightedQuantizedModule", "RNNBase", "RNNCellBase")


class Followed(Added):
    """A module on a core, which refuses to become what the core cannot follow."""

    def __prepare_scriptable__(self) -> NoReturn:
        """Asked for by ``torch.jit.script``."""
        raise _refused("in torch.jit.script", "script what revert(model) gives")

    def _replicate_for_data_parallel(self) -> NoReturn:
        """Asked for by ``nn.DataParallel`` on several devices, whose threads would share steps."""
        remedy = "take DistributedDataParallel, with a process and a core for each device"
        raise _refused("in nn.DataParallel on several devices", remedy)


def require_numbers(args: Any, kwargs: Any) -> None:
    """Refuse arguments of a forward that are symbols, or numbers of an export.

    Args:
        args: as the forward has them; all together are one symbol where the trace begins.
        kwargs: the same.

    Raises:
        InputError: in ``torch.fx.symbolic_trace`` and ``torch.export``.
    """
    if isinstance(args, Proxy) or any(isinstance(x, Proxy) for x in (*args, *kwargs.values())):
        raise _refused("in torch.fx", "trace the model first: convert() takes what it gives")
    require_no_whole_graph()
    exporting = getattr(torch.compiler, "is_exporting", None)  # since torch 2.7
    if exporting is not None and exporting():
        raise _refused("in torch.export", "export what revert(model) gives")


def products_out_of_reach(module: nn.Module) -> str:
    """How a module multiplies that no core can reach; empty for one that does not."""
    if isinstance(module, torch.jit.ScriptModule):
        return "in TorchScript" if _has_products(module) else ""
    bases = type(module).__mro__
    quantized = any(
        base.__module__.startswith(_QUANTIZED) and base.__name__ in _WEIGHTED for base in bases
    )
    return "in quantized operators" if quantized else ""


def _has_products(module: torch.jit.ScriptModule) -> bool:
    try:
        graph = module.inlined_graph
    except RuntimeError:  # of a container without a forward
        return any(_has_products(each) for each in module.children())  # type: ignore[arg-type]
    return any(is_product(kind) for kind in _kinds(graph))


def _kinds(block: Any) -> set[str]:
    """Operators of a graph of TorchScript, those within branches and loops too."""
    found = set()
    for node in block.nodes():
        found.add(node.kind())
        for inner in node.blocks():
            found |= _kinds(inner)
    return found


def _refused(where: str, remedy: str) -> InputError:
    return InputError("model", where, "leaves out what brings its products to a core", remedy)
