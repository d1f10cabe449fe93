"""Error rates against theory: wrong ones are noticed."""

from __future__ import annotations

import pytest

from studies.verification import error_rates
from tests.studies.verification.findings import IDEAL, failed


def test_a_wrong_theory_of_error_rates_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, source in (("symbol_error_rate", "shot"), ("_phase_error_rate", "linewidth")):
        real = getattr(error_rates, name)
        with monkeypatch.context() as patch:
            patch.setattr(error_rates, name, lambda *a, real=real: 1.3 * real(*a))
            finding = error_rates.error_rates(IDEAL, source, {"compact": (1e-2,)})
        # Where theory also sets the linewidth, the smallest modulus errs as wrongly expected.
        assert {f"errors, {source}, m = {m}, compact" for m in (32, 33)} & set(failed(finding))


def test_every_source_and_fidelity_has_six_operating_points() -> None:
    for source in error_rates.SOURCES:
        for full in (False, True):
            rates = error_rates.rates_of(source, full)
            assert set(rates) == {"compact", "field"}
            assert all(len(set(r)) == 6 for r in rates.values())
    assert error_rates.ERRORS >= 400
