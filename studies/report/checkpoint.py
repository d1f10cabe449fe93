"""Checkpoints of a training: written whole, and read back only into the same setting."""

from __future__ import annotations

import io
import json
import pickle
from pathlib import Path
from typing import Any

import torch

from mirage_core.training.trainer import Trainer
from photonics.errors import InputError
from photonics.files import write_whole


def write_checkpoint(path: Path, state: Any) -> None:
    """Write a checkpoint, atomically."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_whole(path, buffer.getvalue())


def restore_checkpoint(path: Path, setting: dict[str, Any], trainers: dict[str, Trainer]) -> None:
    """Put trainers where a checkpoint left them.

    Args:
        path: file of the checkpoint.
        setting: what the training is of, plain data; it must be that of the checkpoint.
        trainers: by name.

    Raises:
        InputError: for no checkpoint, one that cannot be read, or one of another setting.
    """
    remedy = "start afresh without --resume"
    try:
        saved = torch.load(path, weights_only=True)
    except FileNotFoundError:
        raise InputError(
            "--resume", str(path), "there is no checkpoint", "leave out --resume"
        ) from None
    except (OSError, EOFError, RuntimeError, pickle.UnpicklingError):
        raise InputError("--resume", str(path), "is not a checkpoint", remedy) from None
    if not isinstance(saved, dict) or set(saved) != {"setting", "trainers"}:
        raise InputError("--resume", str(path), "is not a checkpoint of a training", remedy)
    before = json.loads(saved["setting"])
    changed = [
        name for name in setting if before.get(name) != json.loads(json.dumps(setting[name]))
    ]
    if changed:
        raise InputError(
            "--resume",
            str(path),
            f"was made with another {', '.join(changed)}",
            "use the same, or another --out",
        )
    for name, trainer in trainers.items():
        trainer.load_state_dict(saved["trainers"][name])
