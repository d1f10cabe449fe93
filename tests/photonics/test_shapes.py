"""Shapes that meet."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from photonics.shapes import broadcast


@pytest.mark.parametrize("shapes", [((3, 1), (4,)), ((), (2, 3)), ((0, 1), (1, 5)), ((7,),), ()])
def test_shapes_give_what_torch_says(shapes: tuple[tuple[int, ...], ...]) -> None:
    assert broadcast(*map(torch.Size, shapes)) == torch.broadcast_shapes(*shapes)


def test_shapes_that_do_not_meet_are_refused() -> None:
    with pytest.raises(ValueError, match="broadcast"):
        broadcast(torch.Size((2, 3)), torch.Size((4,)))


def test_products_do_not_load_symbolic_algebra() -> None:
    run = (
        "import sys, torch; from mirage_core import TensorCore; "
        "core = TensorCore('robust', fidelity='integer'); "
        "core.matmul(torch.ones(2, 3, 4), torch.ones(2, 4, 5)); "
        "sys.exit('sympy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", run], check=False).returncode == 0
