"""Equality of small numbers: relative alone, where pytest's own takes 1e-12 for nothing."""

from __future__ import annotations

from typing import Any

import pytest


def close(expected: Any, rel: float = 1e-6) -> Any:
    """What is equal to ``expected`` within a relative tolerance, however small it is."""
    return pytest.approx(expected, rel=rel, abs=0.0)
