"""The integer engine: residues and back."""

from __future__ import annotations

import pytest
import torch

from mirage_core.engines.integer import residue_dots
from tests.mirage_core.engines.products import operands, plain_dots


@pytest.mark.parametrize("moduli", [(31, 32, 33), (29, 32, 33), (63, 64, 65)])
def test_residues_and_reconstruction_are_the_identity(moduli: tuple[int, ...]) -> None:
    from mirage_core import ModuliSet

    o = operands(2, 30, 50)
    found = residue_dots(o, ModuliSet(moduli), slice(0, 50), slice(0, 30))
    assert torch.equal(found.long(), plain_dots(o))
