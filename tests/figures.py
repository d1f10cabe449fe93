"""Pictures as tests look at them."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure


def drawn(figure: Figure) -> list[str]:
    """Titles of all axes, after a drawing without complaint (warnings are errors)."""
    figure.canvas.draw()
    for axes in figure.axes:
        assert axes.get_xlabel()
    return [axes.get_title() for axes in figure.axes]


def is_picture(path: Path) -> bool:
    """Whether a file begins as a PNG does."""
    return path.read_bytes().startswith(b"\x89PNG")
