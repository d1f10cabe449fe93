"""Training steps of the benchmark."""

from __future__ import annotations

import torch

from studies.bench.steps import lenet5, training_steps


def test_lenet_is_as_large_as_published() -> None:
    network = lenet5()
    # 156 + 2,416 + 48,120 + 10,164 + 850; the published one leaves out some of the connections.
    assert sum(p.numel() for p in network.parameters()) == 61_706
    assert network(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_steps_are_timed_for_three_networks() -> None:
    found = training_steps(2)
    assert [row["network"] for row in found] == ["mlp", "cnn", "LeNet-5, 28x28"]
    assert all(row["ratio"] > 1.0 and row["fp32_ms"] > 0.0 for row in found)
