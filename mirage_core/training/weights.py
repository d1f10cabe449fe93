"""Weights from files, without running what a file may hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from photonics.errors import InputError
from photonics.files import existing


def load_weights(path: Path) -> dict[str, Tensor]:
    """A state dictionary from a file of ``torch.save``, or of safetensors.

    Raises:
        InputError: for no file, or one that holds anything else.
    """
    file = existing(path)
    if file.is_dir():
        raise InputError("weights", str(path), "is a folder", "name the file in it")
    if not file.is_file():
        raise InputError("weights", str(path), "must be an existing file")
    try:
        if file.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(file)
        found = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a false file may raise
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        allowed = f"must be a state dictionary: {said}"
        remedy = "write it by torch.save(model.state_dict(), FILE)"
        raise InputError("weights", str(path), allowed, remedy) from None
    if not isinstance(found, dict) or not all(isinstance(v, Tensor) for v in found.values()):
        remedy = "write it by torch.save(model.state_dict(), FILE)"
        raise InputError("weights", str(path), "must hold tensors by name alone", remedy)
    return found


def put_weights(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Copy weights into a model.

    Raises:
        InputError: naming the first that is missing, too many, or of another shape.
    """
    wanted = model.state_dict()
    for name in (*wanted, *weights):
        if name not in weights or name not in wanted:
            whose = "is missing from the file" if name in wanted else "is none of the network's"
            raise InputError("weights", name, whose, "take the --model that they are of")
        shapes = tuple(weights[name].shape), tuple(wanted[name].shape)
        if shapes[0] != shapes[1]:
            allowed = f"{name} must be {shapes[1]}"
            raise InputError("weights", shapes[0], allowed, "take the --model and --data of it")
    model.load_state_dict(weights)
