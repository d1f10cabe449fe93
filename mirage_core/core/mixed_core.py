"""A core that sends the three products of a layer to different cores."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor

from mirage_core.core.matrix_core import MatrixCore
from photonics.checks import shown
from photonics.errors import InputError
from photonics.random import NoiseKey


class MixedCore(MatrixCore):
    """Computes forward, dx and dw each where it is told: on light, in integers, in a format.

    Noise is keyed by the steps of ``core``, so a product that stays on it has the very noise that
    it has without the others; a step opened on either is open on both.  All that it computes is
    entered into its own ledger, not into those of its cores.

    Args:
        core: computes what no other core is given for.
        forward: computes the outputs of layers, and direct products.
        dx: computes the gradients of their inputs.
        dw: computes the gradients of their weights.

    Attributes:
        cores: by kind of product.

    Raises:
        InputError: for what is no core, or is mixed itself.

    Example:
        >>> from mirage_core.core.format_core import FormatCore
        >>> from mirage_core.core.tensor_core import TensorCore
        >>> light = TensorCore("robust")
        >>> MixedCore(light, dw=FormatCore("fp32")).place
        ('mixed', 'forward optical, dx optical, dw FP32')
    """

    def __init__(
        self,
        core: MatrixCore,
        *,
        forward: MatrixCore | None = None,
        dx: MatrixCore | None = None,
        dw: MatrixCore | None = None,
    ) -> None:
        given = {"core": core, "forward": forward, "dx": dx, "dw": dw}
        for name, one in given.items():
            if isinstance(one, MixedCore) or not (
                isinstance(one, MatrixCore) or (one is None and name != "core")
            ):
                allowed = "must be a core that is not mixed itself"
                raise InputError(name, shown(one), allowed, "make one with TensorCore(preset)")
        super().__init__(core.seed)
        self.core, self.steps = core, core.steps
        self.cores = {"forward": forward or core, "dx": dx or core, "dw": dw or core}

    @property
    def place(self) -> tuple[str, str]:
        """Mixed, and where each of the three products runs."""
        places = ((kind, core.place) for kind, core in self.cores.items())
        return "mixed", ", ".join(f"{kind} {note or place}" for kind, (place, note) in places)

    @property
    def description(self) -> dict[str, Any]:
        """The core of each of the three products."""
        return {kind: core.description for kind, core in self.cores.items()}

    @contextmanager
    def _on(self, kind: str) -> Iterator[MatrixCore]:
        """The core of a kind of product, which enters it into the ledger of this one."""
        core = self.cores.get(kind, self.cores["forward"])
        own, core.ledger = core.ledger, self.ledger
        try:
            yield core
        finally:
            core.ledger = own

    def _fast_gemm(
        self, w: Tensor, x: Tensor, key: NoiseKey, kind: str, row_offset: int, time: int, layer: str
    ) -> Tensor | None:
        with self._on(kind) as core:
            return core._fast_gemm(w, x, key, kind, row_offset, time, layer)

    def _finite_gemm(
        self, w: Tensor, x: Tensor, key: NoiseKey, kind: str, row_offset: int, time: int, layer: str
    ) -> Tensor:
        with self._on(kind) as core:
            return core._finite_gemm(w, x, key, kind, row_offset, time, layer)

    def require_layers(self, names: Collection[str]) -> None:
        """Refuse what one of its cores refuses."""
        for core in self.cores.values():
            core.require_layers(names)

    def __repr__(self) -> str:
        return f"MixedCore({self.place[1]})"
