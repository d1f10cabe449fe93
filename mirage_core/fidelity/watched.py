"""Cores that keep what passes through them, product by product.

Legend of shapes: M stationary row, K contracted axis, N streamed vector.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor

from mirage_core.arithmetic.redundancy_policy import UNPROTECTED
from mirage_core.core.format_core import FormatCore
from mirage_core.core.ledger import Counts, Ledger
from mirage_core.core.matrix_core import MatrixCore
from mirage_core.core.tensor_core import TensorCore
from mirage_core.engines import CompactEngine, Engine, FieldEngine, IntegerEngine
from mirage_core.fidelity.repeats import Repeats, read_twice
from photonics.random import NoiseKey

Place = tuple[str, str]
"""Layer, and kind of product."""


class Fp32Core(FormatCore):
    """A core of FP32 that keeps its outputs.

    Attributes:
        outputs: of each place in the network, call by call.
    """

    def __init__(self, seed: int) -> None:
        super().__init__("fp32", seed=seed)
        self.outputs: dict[Place, list[Tensor]] = defaultdict(list)

    def _finite_gemm(
        self, w: Tensor, x: Tensor, key: NoiseKey, kind: str, row_offset: int, time: int, layer: str
    ) -> Tensor:
        y = super()._finite_gemm(w, x, key, kind, row_offset, time, layer)
        self.outputs[layer, kind].append(_kept(y))
        return y


@dataclass
class Energies:
    """Sums of squares of what products are and of how far they are off.

    Attributes:
        signal: of the products of the very FP32 operands.
        quantised: of what the exact products of the quantised operands are off these.
        optical: of what the products on the machine are off these.
        exact: of the exact products of the quantised operands.
        light: of what the products on the machine are off those.
    """

    signal: float = 0.0
    quantised: float = 0.0
    optical: float = 0.0
    exact: float = 0.0
    light: float = 0.0

    def add(self, signal: Tensor, exact: Tensor, optical: Tensor) -> None:
        """Enter a product: of the operands, of the quantised ones, and on the machine."""
        self.signal += energy(signal)
        self.quantised += energy(exact - signal)
        self.optical += energy(optical - signal)
        self.exact += energy(exact)
        self.light += energy(optical.double() - exact)


@dataclass
class Watched:
    """What was seen of one kind of product of one layer.

    Attributes:
        energies: of signals and errors.
        counts: what the core did.
        repeats: errors in two readings, by place of the modulus; empty where nothing is read.
        outputs: call by call.
    """

    energies: Energies = field(default_factory=Energies)
    counts: Counts = field(default_factory=Counts)
    repeats: list[Repeats] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)


class WatchedCore(MatrixCore):
    """Sends products through a core and watches them; the core's own ledger stays as it is.

    Args:
        core: what multiplies.

    Attributes:
        seen: of each place in the network.
    """

    def __init__(self, core: TensorCore) -> None:
        super().__init__(core.seed)
        self.core = core
        self.exact = TensorCore(core.machine, fidelity="integer", seed=core.seed)
        self.seen: dict[Place, Watched] = defaultdict(Watched)
        self._believing = _believing(core.engine)

    @property
    def place(self) -> tuple[str, str]:
        """That of its core."""
        return self.core.place

    @property
    def description(self) -> dict[str, Any]:
        """That of its core."""
        return self.core.description

    def _finite_gemm(
        self, w: Tensor, x: Tensor, key: NoiseKey, kind: str, row_offset: int, time: int, layer: str
    ) -> Tensor:
        where, seen = (kind, row_offset, time, layer), self.seen[layer, kind]
        with self._counting() as ledger:
            optical = self.core.gemm(w, x, key, *where)
        exact = self.exact.gemm(w, x, key, *where)
        seen.energies.add(x.double() @ w.double().T, exact, optical)
        seen.counts += ledger.total
        seen.outputs.append(_kept(optical))
        if self._believing is not None:
            operands, *_ = self.core.operands(w, x, key, row_offset, time)
            moduli = self.core.moduli.moduli
            found = read_twice(self._believing, operands, key, moduli)
            before = seen.repeats or [Repeats()] * len(moduli)
            seen.repeats = [a + b for a, b in zip(before, found, strict=True)]
        return optical

    @contextmanager
    def _counting(self) -> Iterator[Ledger]:
        """A ledger of the core for what is done inside alone."""
        own, self.core.ledger = self.core.ledger, Ledger()
        try:
            yield self.core.ledger
        finally:
            self.core.ledger = own


def _believing(engine: Engine) -> Engine | None:
    """The engine without protection; none where every readout is right by definition."""
    if isinstance(engine, IntegerEngine):
        return None
    if isinstance(engine, CompactEngine | FieldEngine):
        return replace(engine, redundancy=UNPROTECTED, probe=None)
    return replace(engine, redundancy=UNPROTECTED)  # type: ignore[type-var]


def _kept(y: Tensor) -> Tensor:
    """A copy, since torch makes outputs part of its graph, and layers may work in place."""
    return y.detach().clone()


def energy(x: Tensor) -> float:
    """Sum of squares, in FP64."""
    return float(x.double().square().sum())
