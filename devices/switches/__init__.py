"""Switches that send light one way or the other, of every kind, and what drives and trims them."""

from devices.switches import measured, mzi, ring

__all__ = ["measured", "mzi", "ring"]
