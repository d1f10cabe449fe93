"""Training steps of the benchmark."""

from __future__ import annotations

import pytest

from studies.bench.steps import training_steps


@pytest.mark.slow  # 11 s
def test_steps_are_timed_for_three_networks() -> None:
    found = training_steps(2)
    assert [row["network"] for row in found] == ["mlp", "cnn", "LeNet-5, 28x28"]
    assert all(row["ratio"] > 1.0 and row["fp32_ms"] > 0.0 for row in found)
