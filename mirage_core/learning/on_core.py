"""Every product inside a context on a core, whoever calls torch for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack

from mirage_core.core.matrix_core import MatrixCore
from mirage_core.core.whole_graphs import require_no_whole_graph
from mirage_core.learning.attention import past_overriding, scaled_dot_product_attention
from mirage_core.learning.contractions import CONTRACTIONS
from mirage_core.learning.convolutions import CONVOLUTIONS
from mirage_core.learning.matrices import MATRICES
from mirage_core.learning.recurrent import RECURRENT
from mirage_core.learning.site import Site
from mirage_core.learning.watch import Watch
from photonics.checks import shown
from photonics.errors import InputError

_PRODUCTS = {
    **MATRICES,
    **CONTRACTIONS,
    **CONVOLUTIONS,
    **RECURRENT,
    "scaled_dot_product_attention": scaled_dot_product_attention,
}


def _unchunked(function: Any) -> Any:
    """``F.linear_cross_entropy`` that saves no memory, which it does by an operator of its own."""

    def whole(*args: Any, options: Any = None, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return whole


# Written in Python upon the functions above.
_COMPOSED = {
    "multi_head_attention_forward": past_overriding(F.multi_head_attention_forward),
}
if hasattr(F, "linear_cross_entropy"):  # since torch 2.13
    _COMPOSED["linear_cross_entropy"] = _unchunked(past_overriding(F.linear_cross_entropy))
# The same of functions that run a backward, so that code of somebody's own in it is answered.
_BACKWARDS = {
    function: past_overriding(function)
    for function in (torch.Tensor.backward, torch.autograd.backward, torch.autograd.grad)
}
_FUSED = "run it without torch's fused shortcut, by the layers that it consists of"
_IN_PAIRS = "write a @ b, or einsum"
_REFUSED = {
    "_native_multi_head_attention": _FUSED,
    "_transformer_encoder_layer_fwd": _FUSED,
    "_addmm_activation": _IN_PAIRS,
    "chain_matmul": _IN_PAIRS,
    "linalg_multi_dot": _IN_PAIRS,
    "linalg_vecdot": _IN_PAIRS,
    "linalg_matrix_power": _IN_PAIRS,
    "matrix_power": _IN_PAIRS,
    "convolution_backward": "differentiate F.conv2d and its like by torch.autograd.grad",
    "cdist": "compute it outside, or from x @ y.T",
    "flex_attention": "take F.scaled_dot_product_attention",
}


@contextmanager
def on_core(core: MatrixCore, name: str = "foreign", training: bool = True) -> Iterator[None]:
    """Put every product that is called for inside on a core, with its gradients.

    Products are ``mm``, ``bmm``, ``addmm`` and their like, ``matmul``, ``einsum``, ``tensordot``,
    linear maps, convolutions, attention and recurrent layers, called as functions, methods or
    operators, those of ``torch.ops`` too.  Their gradients are computed on the core wherever the
    backward is called; the backward of somebody's own ``autograd.Function`` is code like any other,
    on the core where it is called inside.  Layers that are converted keep their own cores, and what
    their parametrizations multiply stays digital.  Decompositions and Fourier transforms are no
    products, and stay digital.

    A region under ``torch.utils.checkpoint`` needs ``use_reentrant=False`` and
    ``context_fn=core.checkpoint_contexts``; without them it would be computed again outside of the
    context, digitally, and is refused.

    Args:
        core: what multiplies.
        name: that the noise of these products depends on.
        training: whether it is training; evaluation has noise of its own.

    Raises:
        InputError: for what is no core; inside, for products of other types than half or single,
            for functions with products that have no form on a core, such as ``cdist``, for scripted
            code with products, for custom operators, and for regions that would be computed again
            digitally.

    Example:
        >>> import torch
        >>> from mirage_core.core.format_core import FormatCore
        >>> core = FormatCore("fp32")
        >>> with on_core(core):
        ...     y = torch.ones(2, 3) @ torch.ones(3, 4)
        >>> core.ledger.total.macs
        24
    """
    require_no_whole_graph()
    if not isinstance(core, MatrixCore):
        allowed = "must be a core"
        raise InputError("core", shown(core), allowed, "make one with TensorCore(preset)")
    for mode in _get_current_function_mode_stack():
        if isinstance(mode, _Nowhere):
            mode.cores.append(core)
            yield
            return
    answering = OnCore(Site(core, name, training), foreign=True)
    watch = Watch.over(answering)
    try:
        with core.steps.root_forward(training), answering, watch:
            yield
    except RuntimeError:
        # The interpreter of scripts tells the line, and not what is wrong with it.
        if watch.refused is not None:
            raise watch.refused from None
        raise


@contextmanager
def no_layer() -> Iterator[None]:
    """Nothing that is called for inside goes to the cores of the layers that are running.

    Torch takes no fused shortcuts inside, as in :class:`OnCore` without a site.
    """
    with _silent(mode for mode in _answering() if not mode.foreign), OnCore(None):
        yield


@contextmanager
def on_no_core() -> Iterator[list[MatrixCore]]:
    """Nothing that is called for inside goes to a core, save by layers that are converted.

    Gives the cores that would have answered: those of contexts around, and of contexts inside.
    Torch takes no fused shortcuts inside.
    """
    around = _answering()
    nowhere = _Nowhere([mode.site.core for mode in around if mode.site is not None])
    with _silent(around), nowhere:
        yield nowhere.cores


def _answering() -> list[OnCore]:
    return [mode for mode in _get_current_function_mode_stack() if isinstance(mode, OnCore)]


@contextmanager
def _silent(modes: Iterable[OnCore]) -> Iterator[None]:
    sites = [(mode, mode.site) for mode in modes]
    for mode, _ in sites:
        mode.site = None
    try:
        yield
    finally:
        for mode, site in sites:
            mode.site = site


class OnCore(TorchFunctionMode):
    """Answers torch's functions with products at a site.

    Args:
        site: where they go; without one all run as ever, except that torch takes no fused
            shortcut past the layers of an encoder, because somebody may override its functions.
        foreign: whether it answers for code that is no layer's.
    """

    def __init__(self, site: Site | None, foreign: bool = False) -> None:
        super().__init__()
        self.site, self.foreign = site, foreign

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        # Operators have the names of functions, and behind them that of an overload.
        name, kwargs = getattr(func, "__name__", "").partition(".")[0], kwargs or {}
        if name in _COMPOSED:
            with self:
                return _COMPOSED[name](*args, **kwargs)
        if self.foreign and func in _BACKWARDS:
            with self:
                return _BACKWARDS[func](*args, **kwargs)
        if isinstance(func, torch._ops.OpOverload) and self._in_backward_of_torch():
            return func(*args, **kwargs)
        in_place = name.endswith("_") and not name.endswith("__")
        product = _PRODUCTS.get(name[:-1] if in_place else name)
        if self.site is None or (product is None and name not in _REFUSED):
            return func(*args, **kwargs)
        if product is None:
            raise InputError(
                self.site.field("function"), name, "has no form on a core", _REFUSED[name]
            )
        if self.foreign:
            self.site.core.steps.require_recomputable()
        target = args[0] if in_place else kwargs.pop("out", None)
        with self.site.core.steps.backward_of_others() if self.foreign else nullcontext():
            found = product(self.site, *args, **kwargs)
        return found if target is None else target.copy_(found)

    def _in_backward_of_torch(self) -> bool:
        """Whether torch computes a gradient, whose operators reach here by way of other modes."""
        node = torch._C._current_autograd_node()
        own = node is None or isinstance(node, torch.autograd.function.BackwardCFunction)
        return not (own or self.site is None or self.site.core.steps.current().recomputing)


class _Nowhere(OnCore):
    """Answers nothing, nor do contexts inside; notes their cores."""

    def __init__(self, cores: list[MatrixCore]) -> None:
        super().__init__(None)
        self.cores = cores
