"""Published bands and our points, a panel for each network."""

from __future__ import annotations

from studies.counterparts.counterpart import Counterpart, Span
from studies.counterparts.drawing import beside
from tests.close import close


def test_bands_are_published_and_points_are_ours() -> None:
    rows = [
        Counterpart("mlp", "INT8", Span(-12.0, -2.0), -0.5, Span(-0.9, 0.1), 5),
        Counterpart("mlp", "MXFP4", None, -40.0, Span(-50.0, -30.0), 5),
        Counterpart("cnn", "INT8", Span(-3.0, -3.0), -0.5, Span(-0.9, 0.1), 5),
    ]
    mlp, cnn = beside(rows).axes
    assert [axes.get_title() for axes in (mlp, cnn)] == ["mlp", "cnn"]
    (band,) = mlp.patches
    assert (band.get_y(), band.get_y() + band.get_height()) == (close(-12.0), close(-2.0))
    # A single published value has no height, and is drawn as a thin band about it.
    (thin,) = cnn.patches
    assert thin.get_y() + thin.get_height() / 2 == close(-3.0)
    assert [c.lines[0].get_ydata()[0] for c in mlp.containers if hasattr(c, "has_yerr")] == [
        -0.5, -40.0,
    ]  # fmt: skip
    # What is lost altogether does not squeeze the rest.
    assert mlp.get_ylim()[0] == -20.0
