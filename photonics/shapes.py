"""Shapes of arrays that meet."""

from __future__ import annotations

import numpy as np
import torch


def broadcast(*shapes: torch.Size) -> torch.Size:
    """The shape of what arrays of some shapes give together.

    ``torch.broadcast_shapes`` loads torch's symbolic algebra first, which takes half a second.

    Raises:
        ValueError: for shapes that do not broadcast.
    """
    return torch.Size(np.broadcast_shapes(*shapes))
