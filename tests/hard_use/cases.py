"""How many cases are tried of each reader, and which: the one place that says so.

``HARD_USE_CASES=100000 pytest tests/hard_use`` looks for new ones by chance, ``guided`` by what the
readers' code runs through.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import HypothesisWarning
from hypothesis.strategies import SearchStrategy

_WANTED = os.environ.get("HARD_USE_CASES")
_CORPUS = Path(__file__).parent / "corpus"

guides: list[Callable[[Callable[[bytes], Any]], None]] = []
"""Who calls a check with bytes to draw its case from, instead of chance; none or one."""


def numbered(quick: int = 200) -> pytest.MarkDecorator:
    """A number of cases, ``count``: few in every run of the tests, 2,000 with the slow."""
    if _WANTED is not None:
        return pytest.mark.parametrize("count", [int(_WANTED)])
    return pytest.mark.parametrize(
        "count",
        [
            quick,
            pytest.param(2000, marks=pytest.mark.slow),  # 20 s
        ],
    )


def try_all(count: int, cases: SearchStrategy[Any], check: Callable[[Any], None]) -> None:
    """Check so many cases, the same ones in every run unless more are looked for."""

    @settings(
        max_examples=count,
        derandomize=_WANTED is None,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def each(case: Any) -> None:
        check(case)

    for guide in guides:
        guide(each.hypothesis.fuzz_one_input)
    with warnings.catch_warnings():
        # Files are large where they are shown.
        warnings.simplefilter("ignore", HypothesisWarning)
        each()


def corpus(reader: str) -> list[Any]:
    """Files that once broke a reader, as parameters of a test."""
    found = sorted((_CORPUS / reader).iterdir())
    assert found, f"no corpus of {reader}"
    return [pytest.param(path, id=path.name) for path in found]
