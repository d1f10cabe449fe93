"""A model of residue errors: what is assumed where no physics says how readouts go wrong."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from devices.parameters.base import Parameters, quantity

WrongResidue = Literal["slip", "uniform"]


class ResidueErrors(Parameters):
    """Independent errors: every readout is wrong with the same probability.

    A ``slip`` takes a neighbouring residue, one up or one down alike, as noise on a phase does;
    a ``uniform`` error takes any other residue.
    """

    probability: float = quantity(0.0, "of an error of one readout", source="choice", ge=0, le=1)
    kind: WrongResidue = quantity("slip", "which wrong residue", source="choice")

    def error(self, chance: Tensor, modulus: int) -> Tensor:
        """Error to add to a residue, int64 within 0 ... m-1, from numbers uniform in (0, 1)."""
        wrong = chance < self.probability
        others = 2 if self.kind == "slip" else modulus - 1
        which = (chance * (others / max(self.probability, 1e-300))).long().clamp_(max=others - 1)
        shift = which * (modulus - 2) + 1 if self.kind == "slip" else which + 1
        return torch.where(wrong, torch.remainder(shift, modulus), 0)

    def probabilities(self, error: Tensor, modulus: int) -> Tensor:
        """Probability, float64, of each error (integers, taken modulo m; 0 is no error)."""
        error = torch.remainder(error, modulus)
        right = torch.full(error.shape, 1.0 - self.probability, dtype=torch.float64)
        if self.kind == "uniform":
            return right.masked_fill(error != 0, self.probability / (modulus - 1))
        up, down = (error == 1).double(), (error == modulus - 1).double()
        return torch.where(error == 0, right, 0.5 * self.probability * (up + down))
