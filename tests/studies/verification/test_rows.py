"""Rows that share less than they should are noticed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from studies.verification import rows
from tests.studies.verification.findings import IDEAL, failed


@pytest.mark.parametrize("fidelity", ["compact", "field"])
def test_rows_share_the_laser_and_nothing_else(
    fidelity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Rows that share nothing are not what theory says of a laser.
    real = rows.expected

    def nothing_shared(*of: object) -> object:
        return replace(real(*of), common=(0.0, 0.0))

    monkeypatch.setattr(rows, "expected", nothing_shared)
    wrong = [f"two rows, laser {source}, {fidelity}" for source in ("intensity", "linewidth")]
    assert failed(rows.every_source(IDEAL, fidelity, 10_000)) == wrong
