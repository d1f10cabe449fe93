"""Analog-to-digital converter: a uniform mid-rise quantiser that clips.

::

    code = clip(floor(x / LSB), -2^(b-1), 2^(b-1) - 1),   LSB = 2 FS / 2^b,
    value of a code = (code + 1/2) LSB
"""

from __future__ import annotations

from torch import Tensor

from devices.part import Part, quantity


class Adc(Part):
    """An ideal uniform converter of ``bits`` over ± its full scale."""

    bits: int = quantity(
        6, "resolution", source="paper: as many bits as residue digits", ge=1, le=16
    )

    @property
    def half_range(self) -> int:
        """Number of codes on either side of zero."""
        return 1 << (self.bits - 1)

    def code(self, ratio: Tensor) -> Tensor:
        """Code of an input given as a fraction of the full scale; same dtype and shape."""
        top = self.half_range
        return (ratio * top).floor().clamp(-top, top - 1)
