"""Chips of imperfect parts, for the network solver."""

from __future__ import annotations

import importlib.util

import pytest

from circuits import ArrayShape, Chip, fabricate
from circuits.optics.hybrid import HybridDesign
from photonics.random import NoiseKey
from studies.verification.photontorch_oracle import check
from studies.verification.photontorch_oracle.parts import HybridParts

needs_photontorch = pytest.mark.skipif(
    importlib.util.find_spec("photontorch") is None, reason="photontorch is not installed"
)
KEY = NoiseKey.from_seed(23)
AGREES = 1e-9
ROUGH_HYBRID = HybridDesign(
    splitter={"imbalance_rms_db": 1.0}, coupler={"imbalance_rms_db": 1.0}, quadrature_rms_rad=0.3
)


def rough_chip(modulus: int, length: int, rows: int = 1, **options: str) -> Chip:
    design = check.random_design(KEY.fold("design"), {"polarity": "zero-coupled", **options})
    design = design.changed({"receiver.hybrid": ROUGH_HYBRID})
    return fabricate(design, (modulus,), ArrayShape(1, rows, length), seed=4)


def hybrid_parts(chip: Chip) -> HybridParts:
    (made,) = chip.fabricated.values()
    return HybridParts.of(made.hybrid.at(0))
