"""Metrics by name, and where new ones are entered."""

from __future__ import annotations

import pytest

from photonics.errors import InputError
from studies.metrics import registry
from studies.metrics.evaluation import Evaluation
from studies.metrics.registry import metric, metric_of, metrics


def test_a_metric_is_known_as_soon_as_it_is_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_METRICS", metrics())

    @metric("energy_per_mac_pj", "pJ", "of a multiply-accumulate")
    def energy_per_mac_pj(at: Evaluation) -> float:
        return 0.21

    assert metrics()["energy_per_mac_pj"].label == "energy per mac / pJ"
    assert energy_per_mac_pj.__name__ == "energy_per_mac_pj"


def test_an_unknown_metric_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean gemm_error"):
        metric_of("gem_error", metrics())
    with pytest.raises(InputError, match="known: accuracy, "):
        metric_of("zzzz", metrics())


def test_rates_are_at_most_one_and_averaged_by_their_logarithms() -> None:
    for name, found in metrics().items():
        # Of a training they are shares of all its readings, and may be none.
        if "error_rate" in name and name.endswith(("_predicted", "_counted")):
            assert (found.scale, found.most) == ("log", 1.0)
