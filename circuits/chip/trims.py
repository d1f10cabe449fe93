"""What a controller sets on a chip to take out what fabrication has put in.

::

    laser ─►[splitter]─►(row)─►[ digit: shifter path + (trimmer), drive x (1 + trim) ]─► ... ─►
    ─►[hybrid + (quadrature)]─► diodes ─► gain stage ─► x gain - offset x common mode ─► converter

Only differences between the rails can be seen, so one trimmer per digit, on the shifter path of
rail +, and one in front of rail + suffice.  The settings are the trimmers' own phases: those of a
row also warm their next neighbours (:meth:`devices.heat.trimmer.Trimmer.crosstalk_rad`).

What flawed diodes and hybrids add to I and Q is in proportion to the light.  So what is taken off
is a coefficient times the common mode of the symbol, which the controller knows from the streamed
digits, as it knows the gain (:meth:`circuits.receiver.gain.GainControl.common_mode`).  Rails that
lose alike share a coefficient.  Where only one has multipliers each has its own, since α and β of
:mod:`circuits.optics.hybrid` differ.

Legend of shapes: U unit, R row, J multiplier in the row, D digit, Q quadrature (I, Q),
K share of the common mode (of both rails, or of each); ``...`` places of one modulus, usually
(U, R).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from photonics.representation import one_line


@dataclass(frozen=True)
class Trims:
    """Settings of the arrays of one modulus; float64.

    Attributes:
        digit_rad: phase added to the shifter path of rail + of every digit, (..., J, D).
        row_rad: phase added in front of rail +, (...).
        drive_gain: relative correction of every drive, (..., J, D), or (..., J, 1) where the
            digits of a multiplier share one.
        quadrature_rad: phase added to the second half of the hybrid, (...).
        gain: factor of either quadrature behind the gain stage, (..., Q).
        offset: taken off after that, as shares of the symbol's common mode, (..., Q, K).
    """

    digit_rad: Tensor
    row_rad: Tensor
    drive_gain: Tensor
    quadrature_rad: Tensor
    gain: Tensor
    offset: Tensor

    __repr__ = one_line

    @classmethod
    def none(
        cls, places: tuple[int, ...], length: int, digits: int, drives: int, shares: int = 1
    ) -> Trims:
        """Nothing set: rows of ``length`` multipliers with ``drives`` drives each.

        Args:
            places: units and rows.
            length: multipliers in a row.
            digits: digits of each.
            drives: drives of each.
            shares: of the common mode: one, or two where only one rail has multipliers.
        """

        def zeros(*shape: int) -> Tensor:
            return torch.zeros(*places, *shape, dtype=torch.float64)

        return cls(
            digit_rad=zeros(length, digits),
            row_rad=zeros(),
            drive_gain=zeros(length, drives),
            quadrature_rad=zeros(),
            gain=torch.ones(*places, 2, dtype=torch.float64),
            offset=zeros(2, shares),
        )

    def changed(self, **settings: Tensor) -> Trims:
        """These trims but for the settings given."""
        return replace(self, **settings)


@dataclass(frozen=True)
class ReceiverTrim:
    """Gain and offset of both quadratures between the gain stage and the converters.

    Attributes:
        gain: (..., Q).
        offset: as shares of the common mode, (..., Q, K).
    """

    gain: Tensor
    offset: Tensor

    def at(self, *place: int | slice | Tensor) -> ReceiverTrim:
        """Trims of some places, by an index of the leading axes."""
        return ReceiverTrim(self.gain[place], self.offset[place])

    def apply(self, ratio: Tensor, common_mode: Tensor) -> Tensor:
        """Corrected I and Q as fractions of the full scale, (..., Q).

        Args:
            ratio: I and Q as fractions of the full scale, (..., Q).
            common_mode: of the symbols over their full scale, (..., K).
        """
        return self.gain * ratio - (self.offset * common_mode.unsqueeze(-2)).sum(-1)
