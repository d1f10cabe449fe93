"""A core that hands every product to another one, and enters it into a ledger of its own."""

from __future__ import annotations

import fnmatch
from abc import abstractmethod
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock

from torch import Tensor

from mirage_core.core.ledger import Ledger
from mirage_core.core.matrix_core import MatrixCore
from photonics.errors import InputError
from photonics.random import NoiseKey

# While a product is computed its core has the ledger of whoever asked: backwards of several threads
# take turns. One such core may hand its products to another.
_LOCK = RLock()


class RoutedCore(MatrixCore):
    """Computes each product on one of several cores; steps, and with them noise, are of the first.

    Args:
        core: whose steps these are; a step opened on either is open on both.
    """

    def __init__(self, core: MatrixCore) -> None:
        super().__init__(core.seed)
        self.core: MatrixCore = core
        self.steps = core.steps

    @abstractmethod
    def _route(self, kind: str, layer: str, time: int) -> tuple[MatrixCore, list[Ledger]]:
        """The core of a product, and the ledgers that it is entered into."""

    @contextmanager
    def _on(self, kind: str, layer: str, time: int) -> Iterator[MatrixCore]:
        """The core of a product; what is interrupted is entered nowhere."""
        with _LOCK:
            core, ledgers = self._route(kind, layer, time)
            own = core.ledger
            try:
                core.ledger = done = Ledger()
                yield core
            finally:
                core.ledger = own
            for ledger in ledgers:
                ledger.include(done)

    def _fast_gemms(
        self,
        w: Tensor,
        x: Tensor,
        keys: Sequence[NoiseKey],
        kind: str,
        row_offset: int,
        time: int,
        layer: str,
    ) -> Tensor | None:
        with self._on(kind, layer, time) as core:
            return core._fast_gemms(w, x, keys, kind, row_offset, time, layer)

    def _finite_gemm(
        self, w: Tensor, x: Tensor, key: NoiseKey, kind: str, row_offset: int, time: int, layer: str
    ) -> Tensor:
        with self._on(kind, layer, time) as core:
            return core._finite_gemm(w, x, key, kind, row_offset, time, layer)


def require_matches(patterns: Iterable[str], names: Collection[str]) -> None:
    """Refuse patterns of layer names that match none.

    Raises:
        InputError: naming the first.
    """
    for pattern in patterns:
        if not fnmatch.filter(names, pattern):
            known = ", ".join(sorted(names))
            allowed = f"matches no layer on the core; there is {known}"
            raise InputError("layers", pattern, allowed)
