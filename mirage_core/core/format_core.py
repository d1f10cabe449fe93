"""A core that multiplies in a number format, without any machine behind it.

Any network that trains on light trains on it too, all three products in the same format: this is
how Mirage's numbers are compared with those of others.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from mirage_core.arithmetic.formats import BASELINES, NumberFormat
from mirage_core.arithmetic.formats.base import Role
from mirage_core.core.ledger import Counts
from mirage_core.core.matrix_core import MatrixCore
from photonics.checks import shown
from photonics.errors import InputError
from photonics.random import NoiseKey

_ROLES: dict[str, tuple[Role, Role]] = {
    "dx": ("value", "gradient"),  # W^T stays, dy is streamed
    "dw": ("gradient", "value"),  # dy^T stays, x^T is streamed
}


class FormatCore(MatrixCore):
    """Multiplies matrices whose operands are rounded to a number format.

    Args:
        number_format: a format, or its name (:data:`mirage_core.arithmetic.formats.BASELINES`).
        seed: of stochastic rounding.

    Raises:
        InputError: for an unknown name.

    Example:
        >>> import torch
        >>> FormatCore("bfloat16").matmul(torch.tensor([[1.0 / 3]]), torch.ones(1, 1)).item()
        0.333984375
    """

    def __init__(self, number_format: str | NumberFormat, *, seed: int = 0) -> None:
        super().__init__(seed)
        if isinstance(number_format, str):
            if number_format not in BASELINES:
                known = ", ".join(BASELINES)
                raise InputError("number_format", number_format, f"must be one of {known}")
            number_format = BASELINES[number_format]
        if not isinstance(number_format, NumberFormat):
            known = f"must be a number format or its name: {', '.join(BASELINES)}"
            raise InputError("number_format", shown(number_format), known)
        self.number_format = number_format

    @property
    def place(self) -> tuple[str, str]:
        """In its format."""
        return "format", self.number_format.name

    @property
    def description(self) -> dict[str, Any]:
        """Kind and parameters of its format."""
        parameters = self.number_format.model_dump(mode="json")
        return {"format": {"kind": type(self.number_format).__name__, **parameters}}

    def _finite_gemm(
        self, w: Tensor, x: Tensor, key: NoiseKey, kind: str, row_offset: int, time: int, layer: str
    ) -> Tensor:
        roles = _ROLES.get(kind, ("value", "value"))
        self.ledger.add(kind, Counts(gemms=1, macs=x.shape[0] * w.numel()))
        return self.number_format.product(w, x, roles, key, row_offset)

    def __repr__(self) -> str:
        return f"FormatCore({self.number_format!r}, seed={self.seed})"
