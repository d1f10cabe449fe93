"""Weights from files, without running what a file may hold."""

from __future__ import annotations

import io
import pickletools
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from zipfile import ZipFile

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from photonics.errors import InputError
from photonics.files import regular_file, unreadable

# Numbers that a file of any size may hold.
_SMALL = 1 << 20
_PICKLES = 5
# What torch tells its present form by.
_ZIP = b"PK\x03\x04"


def load_weights(path: Path) -> dict[str, Tensor]:
    """A state dictionary from a file of ``torch.save``, or of safetensors.

    Raises:
        InputError: for no file, or one that holds anything else.
    """
    file = regular_file(path, "weights")
    try:
        if file.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(file)
        found = loaded(file)
    except OSError as error:
        raise unreadable("weights", path, error) from None
    except Exception as error:  # whatever a false file may raise
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        if isinstance(error, UnpicklingError):  # which torch tells at length, and in colours
            said = "it holds other things than tensors"
        allowed = f"must be a state dictionary: {said}"
        remedy = "write it by torch.save(model.state_dict(), FILE)"
        raise InputError("weights", str(path), allowed, remedy) from None
    if not isinstance(found, dict) or not all(map(_is_named_tensor, found, found.values())):
        remedy = "write it by torch.save(model.state_dict(), FILE)"
        raise InputError("weights", str(path), "must hold tensors by name alone", remedy)
    return found


def loaded(path: Path) -> Any:
    """What a file of ``torch.save`` holds, of plain data alone; nothing in it is run.

    Raises:
        Exception: whatever torch raises for a false file.
    """
    with path.open("rb") as file:
        is_zip = file.read(len(_ZIP)) == _ZIP
    if is_zip:
        _require_stored(path)
    else:
        _require_modest(path.read_bytes())
    found = torch.load(path, map_location="cpu", weights_only=True)
    most = max(path.stat().st_size, _SMALL)
    for leaf in tree_leaves(found):
        # By repeating numbers, or leaving zeros out.
        if isinstance(leaf, Tensor) and leaf.numel() * leaf.element_size() > most:
            raise ValueError(f"a tensor of {leaf.numel()} numbers is not all in it")
    return found


def _require_stored(path: Path) -> None:
    """Refuse a file that makes more of what it holds; torch packs nothing.

    Raises:
        ValueError: for such a file, and for what is no zip file.
    """
    size = path.stat().st_size
    with ZipFile(path) as file:
        unpacked = sum(entry.file_size for entry in file.infolist())
    if unpacked > size:
        raise ValueError(f"unpacks to {unpacked} bytes, and is of {size}; torch.save packs nothing")


def _require_modest(content: bytes) -> None:
    """Refuse a file of the form before torch 1.6 that promises more than it holds.

    torch would make room for all that is promised before it looks.

    Raises:
        ValueError: for such a file, and for what is no pickle.
    """
    most, file = max(len(content), _SMALL), io.BytesIO(content)
    # A mark, a version and the machine come first, the objects and their storages last.
    for number in range(_PICKLES):
        for _, argument, _ in pickletools.genops(file):
            if number == 0 or not isinstance(argument, int):
                continue
            if argument > most:
                raise ValueError(f"promises {argument}, and is of {len(content)} bytes")


def _is_named_tensor(name: object, found: object) -> bool:
    """Whether something is a tensor under a text."""
    return isinstance(name, str) and isinstance(found, Tensor)


def put_weights(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Copy weights into a model.

    Raises:
        InputError: naming the first that is missing, too many, of another shape or kind of number,
            or not finite.
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
        _require_numbers(name, weights[name], wanted[name])
    model.load_state_dict(weights)


def _require_numbers(name: str, given: Tensor, wanted: Tensor) -> None:
    """Refuse what a copy would make something else of: scaled integers, sparse and missing ones."""
    dense = given.layout == torch.strided and not given.is_meta and not given.is_quantized
    if not dense or given.is_floating_point() != wanted.is_floating_point():
        kind = "floating point" if wanted.is_floating_point() else "integers"
        found = "of the meta device" if given.is_meta else f"{given.dtype}, {given.layout}"
        raise InputError("weights", found, f"{name} must be dense numbers, {kind}")
    # Numbers of 64 bits may be beyond what they are copied into.
    if given.is_floating_point() and not bool(torch.isfinite(given.to(wanted.dtype)).all()):
        raise InputError("weights", "NaN or infinity", f"{name} must be finite")
