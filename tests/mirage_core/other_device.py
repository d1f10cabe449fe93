"""A second device made of the numbers of this processor: what is not put on it shows.

Its tensors wrap tensors of the CPU, so all numbers are the same.  Like those of a graphics card
they meet no tensors from elsewhere, single numbers apart, and every move between the two is noted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Self
from unittest.mock import patch

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from mirage_core.core import matrix_core

DEVICE = torch.device("lazy:0")
"""A name for which torch has no kernels of its own."""

_CPU = torch.device("cpu")
_MOVES = ("aten::_to_copy", "aten::copy_")


class _Elsewhere(Tensor):
    """A tensor on the other device."""

    inner: Tensor

    @staticmethod
    def __new__(cls, inner: Tensor) -> _Elsewhere:
        found: _Elsewhere = Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls,
            inner.size(),
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            device=DEVICE,
        )
        found.inner = inner
        return found

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise AssertionError(f"{func} after the device is gone")


class OtherDevice(TorchDispatchMode):
    """The device is there within it.

    Attributes:
        moves: tensors that went from one device to the other: where to, of how many numbers.
    """

    def __init__(self) -> None:
        super().__init__()
        self.moves: Counter[tuple[str, int]] = Counter()
        # The CPU needs no such guard, and torch knows none for this name.
        self.full_precision = patch.object(
            matrix_core, "_full_precision", lambda device_type: nullcontext()
        )

    def __enter__(self) -> Self:
        self.full_precision.start()
        # Otherwise torch.tensor(..., device=...) goes past every mode.
        torch._C._set_only_lift_cpu_tensors(True)
        super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        torch._C._set_only_lift_cpu_tensors(False)
        self.full_precision.stop()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        given: list[Tensor] = []
        inside = _each((args, *kwargs.values()), lambda x: (given.append(x), _inner(x))[1])
        to = kwargs.get("device") or (given[0].device if given else _CPU)
        if func._schema.name in _MOVES:
            source = given[-1]
            if source.device.type != to.type and source.ndim:
                self.moves[to.type, source.numel()] += 1
        else:
            places = {x.device.type for x in given if x.ndim or isinstance(x, _Elsewhere)}
            assert len(places) < 2, f"{func} was given tensors of {places}"
            if places and kwargs.get("device") is None:
                to = torch.device(places.pop())
        inner = dict(zip(kwargs, inside[1:], strict=True))
        if "device" in inner:
            inner["device"] = _CPU
        found = func(*inside[0], **inner)
        if to.type != DEVICE.type:
            return found
        # What is written into stays the tensor that it was.
        outside = {id(x.inner): x for x in given if isinstance(x, _Elsewhere)}
        return _each(found, lambda x: outside[id(x)] if id(x) in outside else _Elsewhere(x))


def _inner(x: Tensor) -> Tensor:
    return x.inner if isinstance(x, _Elsewhere) else x


def _each(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """A value, its tensors changed."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, list | tuple):
        return type(value)(_each(part, change) for part in value)
    return value
