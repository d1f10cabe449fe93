"""Files of ``torch.save`` and of safetensors: changed content, and pickles that would run code."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor


class Runs:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder),)


def saved(content: Any, *, zipped: bool = True) -> bytes:
    """A file of ``torch.save``, in its present form or the one before."""
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=zipped)
    return file.getvalue()


def packed(content: Any, name: str) -> bytes:
    """A file of ``torch.save`` with 16 MiB of zeros behind one of its entries, in very little."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(saved(content))) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for each in old.namelist():
            new.writestr(each, old.read(each) + bytes(each.endswith(name) << 24))
    return file.getvalue()


def evil(folder: Path) -> list[bytes]:
    """Files that make a folder where they are loaded as pickles."""
    return [
        pickle.dumps(Runs(folder), protocol=2),
        pickle.dumps({"setting": "{}", "trainers": Runs(folder)}, protocol=2),
        saved({"setting": "{}", "trainers": Runs(folder)}),
        saved({"weight": Runs(folder)}, zipped=False),
    ]


# Instead of a tensor of a state dictionary.
TENSORS: Mapping[str, Tensor] = {
    "expanded": torch.zeros(1).expand(1 << 40),
    "sparse": torch.sparse_coo_tensor(
        torch.tensor([[0]]), torch.ones(1), (1 << 40,), check_invariants=True
    ),
    "integers": torch.zeros(3, dtype=torch.int64),
    "no numbers": torch.full((2, 2), float("nan")),
    "complex": torch.zeros(2, 2, dtype=torch.complex64),
    "nothing": torch.zeros(0),
    "nowhere": torch.zeros(2, 2, device="meta"),
}
