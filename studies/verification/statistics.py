"""One level of significance for all statistical checks of a build."""

from __future__ import annotations

from collections.abc import Sequence

FAMILY_LEVEL = 0.001
"""Probability that a correct build fails any of the statistical checks."""


def holm_rejections(p_values: Sequence[float], level: float = FAMILY_LEVEL) -> list[int]:
    """Indices of the hypotheses that Holm's procedure rejects at a family-wise level.

    Source: S. Holm, Scandinavian Journal of Statistics 6, 65 (1979).
    """
    ranked = sorted(range(len(p_values)), key=lambda i: p_values[i])
    for rank, index in enumerate(ranked):
        if p_values[index] > level / (len(ranked) - rank):
            return ranked[:rank]
    return ranked
