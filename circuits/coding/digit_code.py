"""Streamed integers as binary digits that open and close ring switches.

``unsigned``: the residue 0 ... m-1 in binary, which takes ceil(log2 m) digits: six for m = 33.

``twos-complement``: the signed integer of least magnitude, the top digit counting negatively (its
two rails are exchanged on the chip).  A digit is saved where m = 2^k + 1, at the price of the one
value +2^(k-1), which then has no code.

Legend: D digit, least first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from circuits.coding.phase_code import digit_count, drive_level, residue
from photonics.errors import InputError

Encoding = Literal["unsigned", "twos-complement"]


@dataclass(frozen=True)
class DigitCode:
    """How the integers of one modulus are streamed."""

    modulus: int
    encoding: Encoding = "unsigned"

    @property
    def count(self) -> int:
        """Number of digits."""
        if self.encoding == "unsigned":
            return digit_count(self.modulus)
        return (self.modulus // 2 - 1).bit_length() + 1

    @property
    def weights(self) -> tuple[int, ...]:
        """What each digit counts: powers of two, the last negative in two's complement."""
        powers = [1 << d for d in range(self.count)]
        if self.encoding == "twos-complement":
            powers[-1] = -powers[-1]
        return tuple(powers)

    @property
    def values(self) -> range:
        """The integers that have a code, one for each residue where it has one."""
        if self.encoding == "unsigned":
            return range(self.modulus)
        half = self.modulus // 2
        top = min((self.modulus - 1) // 2, (1 << (self.count - 1)) - 1)
        return range(-half, top + 1)

    def digits(self, value: Tensor) -> Tensor:
        """Digits of integers (...) of any size, taken modulo m: int64 (..., D).

        Raises:
            InputError: for the one residue without a code in two's complement.
        """
        if self.encoding == "unsigned":
            coded = residue(value, self.modulus)
        else:
            coded = drive_level(value, self.modulus)
            if bool((coded > self.values[-1]).any()):
                raise InputError(
                    "x",
                    self.values[-1] + 1,
                    f"has no code of {self.count} digits modulo {self.modulus}",
                    "stream integers of lesser magnitude, or use unsigned digits",
                )
        places = torch.arange(self.count, device=value.device)
        return (coded.unsqueeze(-1) >> places) & 1
