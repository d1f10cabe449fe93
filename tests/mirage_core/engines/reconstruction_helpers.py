"""Machines and counts for the tests of redundancy."""

from __future__ import annotations

import math

import torch

from tests.machines import SMALL
from tests.tolerance import Z

# About one readout in fifteen is wrong.
NOISY = [
    *SMALL,
    "laser.power_w=0.6e-3",
    "multiplier.coherence_length_m=41.5",
    "multiplier.index_rms=0",
    # Paths that need next to nothing, which neighbours overheat.
    "calibration.accept=any",
]

PROTECTED = ["moduli=[29, 32, 33]", "redundancy.policy=reread", "redundancy.attempts=2"]
CORRECTING = [
    "moduli=[31, 32, 33]",
    "redundancy.policy=correct",
    "redundancy.redundant_moduli=[35, 37]",
]


def assert_count(found: int, chances: torch.Tensor) -> None:
    """A sum of independent bits against their probabilities."""
    allowed = Z * math.sqrt(float((chances * (1 - chances)).sum()))
    expected = float(chances.sum())
    assert abs(found - expected) <= allowed, (
        f"{found}, expected {expected:.1f} within {allowed:.1f}"
    )
