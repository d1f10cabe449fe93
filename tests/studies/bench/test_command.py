"""The command of the benchmark: what it prints, writes, keeps and draws."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from studies.bench import command, history
from studies.bench.products import CASES
from tests.figures import is_picture


def test_it_prints_draws_and_keeps_what_it_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "CASES", (CASES[0]._replace(shapes=((9, 20, 12),)),))
    monkeypatch.setattr(command, "training_steps", lambda n: [_STEP])
    monkeypatch.setattr(command, "once", lambda: [{"what": "start", "cpu_s": None}])
    path = tmp_path / "history.jsonl"
    for _ in range(2):
        command.run(
            threads=torch.get_num_threads(),
            repetitions=2,
            json=str(tmp_path / "bench.json"),
            figure=tmp_path / "bench.png",
            history=path,
        )
    written = json.loads((tmp_path / "bench.json").read_text())
    assert [row["case"] for row in written["products"]] == ["integer"]
    assert written["steps"] == [_STEP]
    assert "9x20x12" in capsys.readouterr().out
    assert len(history.read(path)) == 2
    assert is_picture(tmp_path / "bench.png")


_STEP = {"network": "mlp", "path": "tensors", "ratio": 2.0, "fp32_ms": 1.0}
