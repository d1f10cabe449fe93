"""A core whose mantissas have bits that go by layer and by training step, on one chip."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from mirage_core.arithmetic.precision import Precision
from mirage_core.core.ledger import Ledger
from mirage_core.core.matrix_core import MatrixCore
from mirage_core.core.routed_core import RoutedCore, require_matches
from mirage_core.core.state import require_state
from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.bits import machine_with_bits
from photonics.checks import instance_of
from photonics.errors import InputError


class PrecisionCore(RoutedCore):
    """Computes each product with the bits that a :class:`Precision` has for it.

    The step that a forward runs in decides, by ``core.step(number)`` or by the count of forwards
    where none is opened; its backward has the same bits, and an evaluation those of the training
    step that comes next.  Chip, steps and noise are those of ``core``.

    Args:
        core: a core of light or of exact integers.
        precision: the bits, with starts in training steps.

    Attributes:
        phases: what was done, by bits in use; together they are the ledger.

    Raises:
        InputError: for what is no such core, bits that its moduli cannot hold, or starts in
            another unit than steps.

    Example:
        >>> import torch
        >>> light = TensorCore("isca2024-ideal", fidelity="integer")
        >>> moving = Precision(phases=[{"bits": 2}, {"start": 1, "bits": 4}])
        >>> core, x = PrecisionCore(light, moving), torch.tensor([[0.9375]])
        >>> for step in range(2):
        ...     with core.step(step):
        ...         print(core.matmul(x, torch.ones(1, 1)).item())
        0.75
        0.9375
    """

    def __init__(self, core: TensorCore, precision: Precision) -> None:
        instance_of("core", core, TensorCore, "make one with TensorCore(preset)")
        instance_of("precision", precision, Precision)
        if precision.unit != "step":
            remedy = "write precision.in_steps(epochs=..., steps_per_epoch=...)"
            raise InputError("unit", precision.unit, "must be step for a core", remedy)
        for bits in precision.every_bits:
            machine_with_bits(core.machine, bits)
        super().__init__(core)
        self.core: TensorCore = core
        self.precision = precision
        self.phases: dict[int, Ledger] = {}
        self._cores: dict[int, TensorCore] = {}

    @property
    def place(self) -> tuple[str, str]:
        """Where its core is, and all bits that may come into use."""
        bits = " or ".join(map(str, self.precision.every_bits))
        return self.core.place[0], f"mantissas of {bits} bits"

    @property
    def description(self) -> dict[str, Any]:
        """Its core, and the bits by layer and step."""
        return {**self.core.description, "precision": self.precision.model_dump(mode="json")}

    def _route(self, kind: str, layer: str, time: int) -> tuple[MatrixCore, list[Ledger]]:
        bits = self.precision.bits_at(layer, time)
        if bits not in self._cores:
            self._cores[bits] = self.core.with_bits(bits)
        return self._cores[bits], [self.ledger, self.phases.setdefault(bits, Ledger())]

    def require_layers(self, names: Collection[str]) -> None:
        """Refuse to serve layers none of which a pattern of the precision matches."""
        require_matches(self.precision.layers, names)

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs; with the phases."""
        phases = {bits: ledger.as_dict() for bits, ledger in self.phases.items()}
        return {**super().state_dict(), "phases": phases}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Inverse of :meth:`state_dict`."""
        self._require_state(state)
        # By way of JSON bits become texts.
        phases = {int(bits): Ledger.from_dict(saved) for bits, saved in state["phases"].items()}
        super().load_state_dict(state)
        self.phases = phases

    def _require_state(self, state: dict[str, Any]) -> None:
        super()._require_state(state)
        require_state(state, {"phases"})
        require_state(state["phases"], set())

    def __getstate__(self) -> dict[str, Any]:
        """Pickle without the cores of single bits, which are made afresh."""
        return {**self.__dict__, "_cores": {}}

    def __repr__(self) -> str:
        return f"PrecisionCore({self.core!r}, {self.precision!r})"
