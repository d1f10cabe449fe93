"""The integer engine: residues and back."""

from __future__ import annotations

import pytest
import torch

from mirage_core import ModuliSet
from tests.mirage_core.engines.products import operands, plain_dots


@pytest.mark.parametrize("moduli", [(31, 32, 33), (29, 32, 33), (63, 64, 65)])
def test_residues_and_reconstruction_are_the_identity(moduli: tuple[int, ...]) -> None:
    o = operands(2, 30, 50)
    residues = [
        (o.streamed.long() % m) @ (o.stationary.long() % m).transpose(1, 2) % m for m in moduli
    ]
    found = ModuliSet(moduli).combine_reduced(residues)
    assert torch.equal(found.long(), plain_dots(o))
