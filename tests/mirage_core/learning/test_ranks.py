"""Two processes train one network, against one process that does the work of both."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

import mirage_core as mirage
from tests.mirage_core.learning import two_ranks
from tests.mirage_core.learning.two_ranks import RATE, STEPS, batch, network

ROOT = Path(__file__).parents[3]


def as_one_process(monkeypatch: pytest.MonkeyPatch) -> tuple[list[Tensor], list[Tensor]]:
    """Weights in the end, and the outputs of either rank for a batch that both see."""
    core = mirage.FormatCore("fast")
    model = network(core)
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    weights = list(model.parameters())
    optimizer = torch.optim.SGD(weights, lr=RATE)

    def on_rank(rank: int, step: int, of: int) -> Tensor:
        monkeypatch.setattr(torch.distributed, "get_rank", lambda: rank)
        with core.step(step):
            out: Tensor = model(batch(step, of))
            return out

    for step in range(STEPS):
        losses = [on_rank(rank, step, rank).square().mean() for rank in range(2)]
        gradients = [torch.autograd.grad(loss, weights) for loss in losses]
        for w, one, other in zip(weights, *gradients, strict=True):
            w.grad = (one + other) / 2
        optimizer.step()
    seen = [on_rank(rank, STEPS, 0).detach() for rank in range(2)]
    return [w.detach() for w in weights], seen


@pytest.mark.slow  # 30 s
def test_two_ranks_train_as_one_process_would_and_share_one_chip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    script = [str(two_ranks.__file__), str(tmp_path)]
    subprocess.run([*command, *script], env=environment, check=True, timeout=300)
    ranks = [torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(2)]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        weights, seen = as_one_process(monkeypatch)
    finally:
        torch.set_num_threads(threads)
    assert not torch.equal(seen[0], seen[1])
    for rank, (first, again, refused) in enumerate(ranks):
        for run in (first, again):
            for found, expected in zip(run[0], weights, strict=True):
                assert torch.equal(found, expected)
            assert torch.equal(run[1][0], seen[rank])
        assert re.match(r"core = 'of rank 1': is not that of rank 0: 0\.chip '\w{64}' and", refused)
