"""Native kernels for tests: which can run here, and cores with and without them."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import torch

from circuits.compiled.arrays import CompiledChip
from mirage_core import MachineConfig, TensorCore, load_machine
from mirage_core.engines import CompactEngine
from mirage_core.native import library as native
from tests.machines import SMALL, together

INSTRUCTIONS = ("baseline", "avx2", "avx512")


def kernels(instructions: str = "baseline") -> native.Library:
    """The library for an instruction set; the test is skipped where it cannot run."""
    if native.build_path() is None:
        pytest.skip("the native kernels are not built")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = native.load(instructions)
    if found is None:
        pytest.skip(f"this processor cannot run {instructions}")
    return found


@cache
def _made(preset: str, settings: tuple[str, ...]) -> tuple[MachineConfig, CompiledChip]:
    machine = load_machine(preset, together(SMALL, settings))
    return machine, TensorCore(machine).compiled


def pair(
    preset: str, *settings: str, instructions: str = "", tensors: bool = False, **options: Any
) -> tuple[TensorCore, TensorCore]:
    """Two cores on one chip: one that screens, and the reference, which evaluates every readout.

    The first uses native kernels (of some instruction set), or tensor operations alone.
    """
    machine, chip = _made(preset, settings)
    fast, slow = (TensorCore(machine, chip=chip, **options) for _ in range(2))
    slow._native = None
    if isinstance(slow.engine, CompactEngine):
        slow.engine.limit = None
    if tensors:
        fast._native = None
        return fast, slow
    if native.build_path() is None:
        pytest.skip("the native kernels are not built")
    assert fast._native is not None
    if instructions:
        fast._native = replace(fast._native, kernels=kernels(instructions))
    return fast, slow


def network_like(
    rows: int, depth: int, vectors: int, seed: int = 0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Small weights that stand still, and rectified activations."""
    generator = torch.Generator().manual_seed(seed)
    weights = 0.05 * torch.randn(rows, depth, generator=generator)
    return weights, torch.relu(torch.randn(depth, vectors, generator=generator))


def normal(rows: int, depth: int, vectors: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Normal operands of both signs."""
    generator = torch.Generator().manual_seed(seed)
    still = torch.randn(rows, depth, generator=generator)
    return still, torch.randn(depth, vectors, generator=generator)
