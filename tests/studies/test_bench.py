"""The benchmark: what it measures, what it prints, and when it refuses to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from mirage_core import TensorCore
from mirage_core.native.library import library
from photonics.errors import InputError
from photonics.random import NoiseKey
from studies import bench
from tests.machines import SMALL

SHAPE = (9, 20, 12)


def test_operands_are_of_their_kind_and_new_every_time() -> None:
    for data in ("network", "gradients", "normal"):
        a, b = bench.operands(data, SHAPE, NoiseKey.from_seed(0))
        assert a.shape == (9, 20)
        assert b.shape == (20, 12)
        assert not torch.equal(a, bench.operands(data, SHAPE, NoiseKey.from_seed(1))[0])
    _, activations = bench.operands("network", SHAPE, NoiseKey.from_seed(0))
    assert float(activations.min()) == 0.0
    _, gradients = bench.operands("gradients", (9, 200, 120), NoiseKey.from_seed(0))
    assert float((gradients == 0.0).float().mean()) == pytest.approx(0.5, abs=0.02)


def test_a_measurement_counts_its_readouts() -> None:
    core = TensorCore("robust", overrides=SMALL)
    found = bench.measure(core, "network", SHAPE, 2)
    assert found["shape"] == "9x20x12"
    assert found["ratio"] > 0.0
    # Two products warm up, and two are measured, of two groups each.
    assert core.ledger.total.readouts.total() >= 4 * 3 * 9 * 12 * 2
    assert 0.0 <= found["evaluated"] <= 1.0
    assert found["path"] == core.path


def test_a_run_that_fell_back_fails() -> None:
    if library() is None:
        pytest.skip("there are no native kernels to fall back from")
    core = TensorCore("robust", overrides=SMALL)
    core._native = None
    with pytest.raises(InputError, match="were not used"):
        bench.measure(core, "network", SHAPE, 2)


def test_it_prints_and_writes_what_it_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "SHAPES", (SHAPE,))
    monkeypatch.setattr(bench, "CASES", bench.CASES[:1])
    monkeypatch.setattr(bench, "training_steps", lambda n: [_STEP])
    bench.run(threads=torch.get_num_threads(), repetitions=2, json=str(tmp_path / "bench.json"))
    written = json.loads((tmp_path / "bench.json").read_text())
    assert [row["case"] for row in written["products"]] == ["integer"]
    assert written["steps"] == [_STEP]
    assert "9x20x12" in capsys.readouterr().out


_STEP = {"network": "mlp", "path": "tensors", "ratio": 2.0, "fp32_ms": 1.0}
