"""The same numbers on other devices: moved there once, and kept by whoever owns them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

T = TypeVar("T")


class Copies(dict[torch.device, T], Generic[T]):
    """What is made for each device that asks, the first time that it does.

    Args:
        make: what makes it.
    """

    def __init__(self, make: Callable[[torch.device], T]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, device: torch.device) -> T:
        made = self[device] = self.make(device)
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without what was made: another process may have other devices."""
        return Copies, (self.make,)


def on_device(thing: Any, device: torch.device) -> Any:
    """A value with all of its tensors on a device: those of dataclasses, tuples and mappings."""
    if isinstance(thing, Tensor):
        return thing.to(device)
    if is_dataclass(thing) and not isinstance(thing, type):
        parts = {f.name: on_device(getattr(thing, f.name), device) for f in fields(thing)}
        return replace(thing, **parts)
    if isinstance(thing, Mapping):
        return {key: on_device(part, device) for key, part in thing.items()}
    if isinstance(thing, tuple):
        moved = [on_device(part, device) for part in thing]
        return type(thing)(*moved) if hasattr(thing, "_fields") else tuple(moved)
    return thing
