"""Trainings that are killed at any moment go on to the very bits of an undisturbed one."""

from __future__ import annotations

import json
import multiprocessing
import signal
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mirage_core import load_machine
from mirage_core.data import digits
from mirage_core.machine.config import MachineConfig
from photonics.errors import InputError
from photonics.random import NoiseKey
from studies import training
from studies.report import checkpoint
from studies.training_plan import TrainingPlan, plan
from tests.machines import ONE_UNIT

MACHINE = load_machine("robust", [*ONE_UNIT, "laser.power_w=1e-3"])


class Dropping(nn.Sequential):
    """A network with random numbers of its own."""

    def __init__(self) -> None:
        super().__init__(nn.Flatten(), nn.Dropout(0.3), nn.Linear(64, 16), nn.ReLU())
        self.append(nn.Linear(16, 10))


@pytest.fixture(autouse=True)
def few_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sixteenth of the digits, and a checkpoint after every step."""
    from dataclasses import replace

    data = digits.digits()
    few = replace(
        data,
        train_x=data.train_x[:96],
        train_y=data.train_y[:96],
        test_x=data.test_x[:20],
        test_y=data.test_y[:20],
    )
    monkeypatch.setattr(training, "load_dataset", lambda name: few)
    monkeypatch.setattr(training, "CHECKPOINT_S", 0.0)


def asked(**changes: Any) -> TrainingPlan:
    given = {"model": f"{__name__}:Dropping", "epochs": 3, "batch_size": 32, "optimizer": "adamw"}
    return plan(None, {**given, "learning_rate": 1e-2, "schedule": "cosine", **changes})


def run(out: Path, resume: bool, machine: MachineConfig = MACHINE, **changes: Any) -> None:
    # Random numbers of everybody may stand anywhere.
    torch.seed()
    training.run(asked(**changes), machine, out, resume)


def state(out: Path) -> dict[str, Any]:
    saved: dict[str, Any] = torch.load(out / "checkpoint.pt", weights_only=True)
    return saved["trainers"]  # type: ignore[no-any-return]


def require_same(one: Any, other: Any) -> None:
    """The same bits throughout, times of the clock left out."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for name in one:
            if name != "seconds":
                require_same(one[name], other[name])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            require_same(a, b)
    elif isinstance(one, Tensor):
        assert torch.equal(one, other)
    else:
        assert one == other


def killed(out: Path, checkpoints: int, after_s: float) -> bool:
    """Train in another process, killed a while after so many more checkpoints; whether it was."""
    resume, seen = (out / "checkpoint.pt").exists(), {_written(out)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fork beside threads
        child = multiprocessing.get_context("fork").Process(target=run, args=(out, resume))
        child.start()
    while len(seen) <= checkpoints and child.exitcode is None:
        seen.add(_written(out))
        child.join(1e-3)
    child.join(after_s)
    child.kill()
    child.join()
    assert child.exitcode in (0, -signal.SIGKILL)
    return child.exitcode != 0


def _written(out: Path) -> int:
    """When the checkpoint was written, in ns."""
    path = out / "checkpoint.pt"
    return path.stat().st_mtime_ns if path.exists() else 0


def kill_and_compare(tmp_path: Path, kills: int) -> None:
    """There are 18 steps and 6 epochs, each with a checkpoint."""
    run(tmp_path / "whole", resume=False)
    out, key = tmp_path / "parts", NoiseKey.from_seed(3).fold("kills")
    moments = key.uniform(0, 2 * kills).view(kills, 2).tolist()
    kinds = [killed(out, int(number * 20 / kills), 0.02 * moment) for number, moment in moments]
    assert sum(kinds) >= kills // 2
    run(out, resume=(out / "checkpoint.pt").exists())
    require_same(state(out), state(tmp_path / "whole"))
    require_same(
        torch.load(out / "weights.pt", weights_only=True),
        torch.load(tmp_path / "whole" / "weights.pt", weights_only=True),
    )
    assert not list(out.glob(".checkpoint*"))


def test_killed_trainings_end_with_the_bits_of_a_whole_one(tmp_path: Path) -> None:
    kill_and_compare(tmp_path, kills=4)


@pytest.mark.slow  # 60 s
def test_fifty_kills_change_no_bit(tmp_path: Path) -> None:
    for part in range(10):
        (tmp_path / str(part)).mkdir()
        kill_and_compare(tmp_path / str(part), kills=5)


def test_a_changed_setting_is_named_and_epochs_may_grow(tmp_path: Path) -> None:
    run(tmp_path, resume=False, epochs=1)
    for changes, name in (
        ({"seed": 1}, "recipe.seed"),
        ({"weight_decay": 0.1, "momentum": 0.5}, "recipe.momentum, recipe.weight_decay"),
        ({"fidelity": "integer"}, "fidelity"),
        ({"machine": load_machine("robust", ONE_UNIT)}, "machine.laser.power_w"),
    ):
        with pytest.raises(InputError, match=f"was made with another {name}"):
            run(tmp_path, resume=True, **{"epochs": 1, **changes})
    run(tmp_path, resume=True, epochs=3)
    assert [len(t["history"]) for t in state(tmp_path).values()] == [3, 3]
    rows = json.loads((tmp_path / "metrics.json").read_text())["epochs"]
    assert [row["epoch"] for row in rows] == [1, 2, 3, 1, 2, 3]
    with pytest.raises(InputError, match="epochs = 2: must be 3 or more"):
        run(tmp_path, resume=True, epochs=2)


def test_a_longer_training_of_a_constant_rate_is_a_whole_one(tmp_path: Path) -> None:
    same = {"schedule": "constant", "fidelity": "integer"}
    run(tmp_path / "whole", resume=False, epochs=2, **same)
    run(tmp_path / "parts", resume=False, epochs=1, **same)
    run(tmp_path / "parts", resume=True, epochs=2, **same)
    require_same(state(tmp_path / "parts"), state(tmp_path / "whole"))


def test_what_a_killed_writer_leaves_is_cleared(tmp_path: Path) -> None:
    run(tmp_path, resume=False, epochs=1, fidelity="integer")
    (tmp_path / ".checkpoint.pt.123").write_bytes(b"half")
    run(tmp_path, resume=True, epochs=1, fidelity="integer")
    assert not (tmp_path / ".checkpoint.pt.123").exists()
    assert checkpoint.EPOCHS == "recipe.epochs"
