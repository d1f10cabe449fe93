"""What residue errors come to behind a redundant code, in closed form.

One reading of an integer X ends in one of three ways: *correct*; *detected*, when what was read
is not legal and cannot be corrected; *undetected*, when another legal integer Y is accepted.
A decoder that corrects up to t residues accepts Y if at most t residues disagree with it, and
no two legal integers are accepted at once, so

``P(Y accepted | X) = P(at most t of the L residues read disagree with Y)``.

With independent errors, residue i agrees with Y with probability ``a_i = P(error_i = Y - X mod
m_i)``, and the number that disagree is a sum of independent bits.  It depends on Y - X alone.

Independence is assumed twice, and holds in light as far as the noise is that of the receiver:

* between the residues of one reading.  They have receivers of their own, but what the amplitude
  does to a readout depends on operands that they share;
* between readings, and between integers.  Laser noise is common to all rows of an array in one
  symbol, so that integers of one symbol fail together: mean counts stay, but they scatter more.
  Static errors are the same whenever an integer is read again.

Legend of shapes: X integers asked about, S shift.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mirage_core.arithmetic.redundancy import RedundantCode
from mirage_core.arithmetic.residue_errors import ResidueErrors
from photonics.representation import one_line


@dataclass(frozen=True)
class ErrorProbabilities:
    """Probabilities, float64 of any one shape, that add up to one.

    Attributes:
        correct: the right integer is accepted.
        detected: nothing is accepted.
        undetected: a wrong integer is accepted.
    """

    correct: Tensor
    detected: Tensor
    undetected: Tensor

    __repr__ = one_line

    def after(self, re_reads: int) -> ErrorProbabilities:
        """Probabilities when the detected are read again, up to so many times, with fresh errors.

        With R = re_reads + 1 readings the chance to be correct is ``p_c (1 + p_d + ... +
        p_d^(R-1))``; what is left detected after the last is dropped.
        """
        tries = torch.arange(re_reads + 1, dtype=torch.float64)
        geometric = (self.detected.unsqueeze(-1) ** tries).sum(-1)
        return ErrorProbabilities(
            self.correct * geometric,
            self.detected ** (re_reads + 1),
            self.undetected * geometric,
        )


def one_reading(
    code: RedundantCode, errors: ResidueErrors, x: Tensor, correct: bool
) -> ErrorProbabilities:
    """Probabilities of one reading of legal integers ``x``, with or without correction."""
    t = code.corrects if correct else 0
    reach = 2 * code.limit
    shift = torch.arange(-reach, reach + 1)
    accepted = _at_most(t, [1.0 - errors.probabilities(shift, m) for m in code.moduli.moduli])
    right = accepted[reach].clone()
    accepted[reach] = 0.0
    # Sum over all Y other than X: shifts from -limit - X to limit - X.
    below = torch.nn.functional.pad(accepted.cumsum(0), (1, 0))
    wrong = below[3 * code.limit + 1 - x] - below[code.limit - x]
    correct_ = right.expand(x.shape)
    return ErrorProbabilities(correct_, (1.0 - correct_ - wrong).clamp_(min=0.0), wrong)


def _at_most(limit: int, disagree: list[Tensor]) -> Tensor:
    """Probability that at most ``limit`` of independent events happen."""
    # exactly[c]: probability of c events so far.
    exactly = [torch.ones_like(disagree[0])] + [torch.zeros_like(disagree[0])] * limit
    for p in disagree:
        exactly = [
            exactly[c] * (1.0 - p) + (exactly[c - 1] * p if c else 0.0) for c in range(limit + 1)
        ]
    return torch.stack(exactly).sum(0)
