"""A watch for products that pass a core by, below the functions that are answered on it."""

from __future__ import annotations

import re
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from torch._library.custom_ops import OPDEFS
from torch.utils._python_dispatch import TorchDispatchMode

from mirage_core.tracing.harmless import name_of
from mirage_core.tracing.operators import FORWARD
from photonics.errors import InputError

if TYPE_CHECKING:
    from mirage_core.learning.on_core import OnCore

_OTHERS = """
_cdist_forward _cslt_sparse_mm _dyn_quant_matmul_4bit _foreach_mm _grouped_mm _mixed_dtypes_linear
_pdist_forward _scaled_grouped_mm _scaled_grouped_mm_v2 _scaled_mm_v2 _slow_conv2d_forward
_sparse_addmm _sparse_mm _sparse_mm_reduce_impl _sparse_semi_structured_addmm
_sparse_semi_structured_linear _sparse_semi_structured_mm _sparse_sparse_matmul _trilinear
_weight_int4pack_mm _weight_int4pack_mm_for_cpu _weight_int4pack_mm_with_scales_and_zeros
_weight_int8pack_mm _wrapped_quantized_linear_prepacked affine_grid_generator conv_tbc
fbgemm_linear_fp16_weight
fbgemm_linear_fp16_weight_fp32_activation fbgemm_linear_int8_weight
fbgemm_linear_int8_weight_fp32_activation hspmm linalg_matrix_exp linear matmul
mkldnn_convolution mkldnn_linear slow_conv3d_forward slow_conv_dilated2d slow_conv_dilated3d
slow_conv_transpose2d slow_conv_transpose3d sparse_sampled_addmm sspaddmm
"""
_PRODUCTS = frozenset((*FORWARD, *(f"aten::{name}" for name in _OTHERS.split())))
# Operators of other libraries, which are named after what they compute.
_NAMED = re.compile(r"(linear|conv(?!ert)|matmul|gemm|lstm|gru|rnn)(?!.*(pack|param))")


def is_product(operator: str) -> bool:
    """Whether an operator multiplies, by its name with that of its library, ``aten::mm``."""
    name = operator.removesuffix("_")
    if name.startswith("aten::"):
        return name in _PRODUCTS
    return _NAMED.search(name.partition("::")[2]) is not None


def _is_opaque(operator: str) -> bool:
    """Whether an operator is somebody's own, by ``torch.library.custom_op``: it runs out of sight.

    Torch makes some of its own that way, without products.
    """
    made = OPDEFS.get(operator)
    return made is not None and not made._init_fn.__module__.startswith("torch.")


class Watch(TorchDispatchMode):
    """Refuses operators with products that nobody has put on a core.

    Scripted code, and functions that torch composes of products itself, call operators without
    asking whoever overrides functions.

    Args:
        answering: the mode that puts products on a core; where it has no site, all may pass.

    Attributes:
        refused: what was said of the last operator that was refused.
    """

    refused: InputError | None = None

    def __init__(self, answering: OnCore) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.answering = answering

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Leave the compiler alone: to be excepted from it would load it, 2 s of CPU."""
        return False

    @classmethod
    def over(cls, answering: OnCore) -> Watch:
        """A watch that is excepted from the compiler where that is loaded anyway."""
        return (_excepted() if "torch._dynamo" in sys.modules else cls)(answering)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name, site = name_of(func), self.answering.site
        # Cores compute with functions disabled; a backward belongs to products that were made.
        ours = torch._C._is_torch_function_all_disabled() or _in_backward()
        opaque = _is_opaque(name)
        if (opaque or is_product(name)) and site is not None and not ours:
            allowed = "multiplies past the core, in scripted code or within a function of torch"
            if opaque:
                allowed = "is a custom operator, and what it multiplies would pass the core by"
            remedy = "write what it does as a @ b, einsum or layers, or compute it outside"
            self.refused = InputError(site.field("operator"), name, allowed, remedy)
            raise self.refused
        return func(*args, **(kwargs or {}))


def _in_backward() -> bool:
    return torch._C._current_autograd_node() is not None and not torch.is_grad_enabled()


@cache
def _excepted() -> type[Watch]:
    class Excepted(Watch):
        @classmethod
        def _should_skip_dynamo(cls) -> bool:
            return True

        def __torch_dispatch__(self, *args: Any, **kwargs: Any) -> Any:
            return super().__torch_dispatch__(*args, **kwargs)

    return Excepted
