"""Checkpoints of a training: written whole, and read back only into the same setting."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from devices.parameters.tree import flat
from mirage_core.training.trainer import Trainer
from mirage_core.training.weights import loaded
from photonics.documents import json_of
from photonics.errors import InputError
from photonics.files import regular_file, unreadable, write_whole

EPOCHS = "recipe.epochs"
"""What may grow when a training goes on."""

_NO_TRAINING = "is not a checkpoint of a training"


def write_checkpoint(path: Path, state: Any) -> None:
    """Write a checkpoint, atomically."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_whole(path, buffer.getvalue(), "--out")


def restore_checkpoint(path: Path, setting: dict[str, Any], trainers: dict[str, Trainer]) -> None:
    """Put trainers where a checkpoint left them.

    Args:
        path: file of the checkpoint.
        setting: what the training is of, plain data; it must be that of the checkpoint, but for
            the number of epochs, which may be anything from those that are done.
        trainers: by name.

    Raises:
        InputError: for no checkpoint, one that cannot be read, or one of another setting.
    """
    remedy = "start afresh without --resume"
    regular_file(path, "--resume", "there is no checkpoint", "leave out --resume")
    try:
        saved = loaded(path)
    except OSError as error:
        raise unreadable("--resume", path, error) from None
    except Exception:  # whatever a false file may raise
        raise InputError("--resume", str(path), "is not a checkpoint", remedy) from None
    try:
        before, states = json_of(saved["setting"]), saved["trainers"]
        changed = _changed(before, json.loads(json.dumps(setting)))
    except Exception:  # whatever else than a checkpoint may raise
        raise InputError("--resume", str(path), _NO_TRAINING, remedy) from None
    if changed:
        raise InputError(
            "--resume",
            str(path),
            f"was made with another {', '.join(changed)}",
            "use the same, or another --out",
        )
    for name, trainer in trainers.items():
        try:
            trainer.load_state_dict(states[name])
        except InputError:
            raise
        except (KeyError, TypeError):
            raise InputError("--resume", str(path), _NO_TRAINING, remedy) from None
        except Exception as error:  # whatever a false state may raise
            said = f"is of another training: {' '.join(str(error).split())}"
            raise InputError("--resume", str(path), said, remedy) from None
    _require_epochs(trainers)
    # What a killed process was writing.
    for left in path.parent.glob(f".{path.name}.*"):
        left.unlink()


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Names of all that differs, epochs left out."""
    old, new = dict(flat(before)), dict(flat(now))
    names = [name for name in {**old, **new} if name != EPOCHS]
    return [name for name in names if old.get(name) != new.get(name)]


def _require_epochs(trainers: Mapping[str, Trainer]) -> None:
    for trainer in trainers.values():
        started = trainer.step > trainer.epochs_done * trainer.steps_per_epoch
        done = trainer.epochs_done + started
        if trainer.recipe.epochs < done:
            allowed = f"must be {done} or more: so many are done or begun"
            raise InputError("--epochs", trainer.recipe.epochs, allowed, "or name another --out")
