"""Another law of the phase is noticed."""

from __future__ import annotations

import pytest

from studies.verification import phase_law
from tests.studies.verification.findings import IDEAL, failed


def test_another_law_of_the_phase_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = phase_law.gamma
    monkeypatch.setattr(phase_law, "gamma", lambda machine: 1.1 * real(machine))
    assert len(failed(phase_law.phase_law(IDEAL, 1024))) == 6
