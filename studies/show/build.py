"""What this installation computes with: native kernels or torch alone."""

from __future__ import annotations

import platform
from typing import Any

import torch

from mirage_core.native.library import build_path, library, load
from studies.report.tables import print_table


def build() -> dict[str, Any]:
    """Print which path products take here."""
    path, found = build_path(), library()
    native = "not built: torch computes, slower, to the same results" if path is None else str(path)
    used = "torch" if found is None else f"native kernels for {found.instructions}"
    rows = {
        "products": used,
        "native kernels": native,
        "processor": platform.machine(),
        "torch": str(torch.__version__),
        "threads": str(torch.get_num_threads()),
    }
    print_table("This installation", ["", ""], list(rows.items()), text=("",))
    if found is None and path is not None and load("baseline") is not None:
        print_table("", [""], [["MIRAGE_NATIVE=off keeps the kernels from being used"]])
    return rows
