"""What every part of a device has in common."""

from __future__ import annotations

from devices.parameters.base import Parameters, quantity

__all__ = ["Part", "quantity"]


class Part(Parameters):
    """Base of the parameters of parts."""
