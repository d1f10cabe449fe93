"""What a network streams while it learns, worked out once for each number format."""

from __future__ import annotations

from functools import lru_cache

from torch import Tensor

from mirage_core.machine.config import MachineConfig


def learned_streams(machine: MachineConfig, data: str) -> dict[str, Tensor]:
    """Mantissas (vectors, J) that an MLP streams in its second epoch, by kind of product.

    Products are exact, so that the number format alone counts.  Kinds are ``forward``, ``dx`` and
    ``dw``.

    Args:
        machine: gives the format.
        data: name of the data set that is learned.

    Raises:
        InputError: for a data set that there is not.
    """
    return _learned(data, machine.bfp.model_dump_json(), _Held(machine))


class _Held:
    """A machine that takes no part in what a cache is keyed by."""

    def __init__(self, machine: MachineConfig) -> None:
        self.machine = machine

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=8)
def _learned(data: str, bfp: str, held: _Held) -> dict[str, Tensor]:
    from mirage_core.training.datasets import load_dataset
    from mirage_core.training.streamed import streamed_in_training

    return streamed_in_training(held.machine, load_dataset(data))
