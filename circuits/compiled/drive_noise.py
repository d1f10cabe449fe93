r"""How a load of drives turns rows by its noise: stored derivatives, as small as the noise is.

A digit turns by ``a n``, n the normal number of its converter (:mod:`circuits.optics.drive_noise`)
and a its phase per rms of that, which goes with place, drive and bit.  What that leaves out goes as
the square of a turn by the noise of one drive: of the bend of a curve, and of leaks.

Legend of shapes: P place (unit, row, multiplier), V drive level, J multiplier, D digit, C those of
them that have a converter each (D or 1), S rail that has one (2 or 1); G group, M row, N vector.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from photonics.representation import one_line

# A normal draw ends at 6.8 rms.
_REACH_RMS = 7.0


@dataclass(frozen=True)
class DriveNoise:
    """The converters of the arrays of one modulus.

    Attributes:
        modulus: m.
        shape: units, rows, multipliers in a row.
        base_rad: phase of multipliers whose bits are 0 per rms, float32 (S, P, V, C).
        digit_rad: what bit 1 of each digit adds to it, float32 (S, P, V, D).
    """

    modulus: int
    shape: tuple[int, int, int]
    base_rad: Tensor
    digit_rad: Tensor

    __repr__ = one_line

    @property
    def converters(self) -> tuple[int, int]:
        """Of a multiplier: C, S."""
        return self.base_rad.shape[-1], len(self.base_rad)

    @property
    def reach_rad(self) -> float:
        """More than the noise of a row's drives can add up to."""
        each = self.base_rad.abs().sum(-1) + self.digit_rad.abs().sum(-1)
        return _REACH_RMS * self.shape[2] * float(each.sum(0).max())

    def turned_rad(
        self, normals: Tensor, unit: Tensor, row: Tensor, level: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Phases by which the multipliers of tiles are turned, float32.

        Args:
            normals: of their converters, (G, M, J, C, S).
            unit: array that each row is on, (G, M).
            row: row of the array that it is, (M,).
            level: signed drives, (G, M, J).

        Returns:
            Of multipliers whose bits are 0 (G, M, J), and what each digit of 1 adds (G, M, J·D).
        """
        base, digit = self._slopes(unit, row, level)
        by_place = torch.zeros(level.shape, device=level.device)
        by_digit = torch.zeros(digit.shape[1:], device=level.device)
        # One product and one sum after the other: the same bits for any cut of the rows.
        for s, times in enumerate(normals.float().unbind(-1)):
            for c, each in enumerate(times.unbind(-1)):
                by_place = by_place + each * base[s, ..., c]
            by_digit = by_digit + times * digit[s]
        return by_place, by_digit.flatten(2)

    def rms_rad(self, bits: Tensor, unit: Tensor, level: Tensor) -> Tensor:
        """Rms phase by which readings are turned, float64 (G, N, M).

        Args:
            bits: streamed digits, (N, J, D).
            unit: array of each tile, (G,).
            level: signed drives, (G, M, J).
        """
        row = torch.arange(level.shape[1])
        slopes = self._slopes(unit[:, None].expand(-1, len(row)), row, level)
        variance, sent = torch.zeros(len(level), len(bits), len(row)).double(), bits.double()
        for base, digit in zip(*(x.double() for x in slopes), strict=True):
            for j in range(level.shape[-1]):
                still, added = base[:, :, j], digit[:, :, j].transpose(1, 2)
                if self.converters[0] == 1:
                    turned = still.transpose(1, 2) + sent[:, j] @ added
                    variance += turned.square()
                else:
                    # A bit is its own square.
                    square = added.square() + 2.0 * added * still.transpose(1, 2)
                    variance += still.square().sum(-1)[:, None] + sent[:, j] @ square
        return variance.sqrt()

    def _slopes(self, unit: Tensor, row: Tensor, level: Tensor) -> tuple[Tensor, Tensor]:
        """Derivatives of multipliers (S, G, M, J, C) and of their digits (S, G, M, J, D)."""
        line = unit * self.shape[1] + row
        place = line[..., None] * self.shape[2] + torch.arange(self.shape[2], device=level.device)
        drive = level + self.modulus // 2
        return self.base_rad[:, place, drive], self.digit_rad[:, place, drive]
