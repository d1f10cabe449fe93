"""Loading the kernels: what is asked for, and one line where it cannot be had."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest
import torch

from mirage_core import TensorCore
from mirage_core.native import library as native
from tests.mirage_core.native.kernels import INSTRUCTIONS, kernels


@pytest.mark.parametrize("instructions", INSTRUCTIONS)
def test_an_instruction_set_is_loaded_by_name(instructions: str) -> None:
    assert kernels(instructions).instructions == instructions


def test_the_best_set_is_taken_and_off_means_none() -> None:
    kernels()
    found = native.load("")
    assert found is not None
    able = [name for name in INSTRUCTIONS if _able(name)]
    assert found.instructions == able[-1]
    assert native.load("off") is None


def _able(name: str) -> bool:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native.warnings, "warn", lambda *_, **__: None)
        return native.load(name) is not None


def test_an_unknown_instruction_set_is_told_in_one_line() -> None:
    kernels()
    with pytest.warns(RuntimeWarning, match=r"cannot use neon: it is one of baseline.*torch"):
        assert native.load("neon") is None


@pytest.mark.parametrize("content", [b"", b"not a library", b"\x7fELF" + bytes(100)])
def test_a_damaged_library_is_told_in_one_line(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = tmp_path / "_kernels.so"
    damaged.write_bytes(content)
    monkeypatch.setattr(native, "build_path", lambda: damaged)
    with pytest.warns(RuntimeWarning, match=r"cannot be loaded.*torch computes instead"):
        assert native.load("") is None


def test_a_library_of_another_version_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    kernels()
    monkeypatch.setattr(native, "_LAYOUT", 99)
    with pytest.warns(RuntimeWarning, match="another version"):
        assert native.load("") is None


@pytest.mark.parametrize("asked", ["", "avx2"])
def test_a_missing_library_is_told(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "build_path", lambda: None)
    with pytest.warns(RuntimeWarning, match="were not built .* C compiler"):
        assert native.load(asked) is None
    assert native.load("off") is None


def test_without_the_library_torch_computes_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    kernels()
    a, b = torch.eye(40), torch.arange(1600.0).view(40, 40)
    fast = TensorCore("robust", fidelity="integer")
    assert fast._native is not None
    monkeypatch.setattr("mirage_core.native.engine.library", lambda: None)
    slow = TensorCore("robust", fidelity="integer")
    assert slow._native is None
    assert torch.equal(fast.matmul(a, b), slow.matmul(a, b))


def test_structures_are_laid_out_as_in_c() -> None:
    kernels()
    # Numbers and addresses alike take eight bytes: no room between fields.
    for structure in native._STRUCTURES:
        sizes = [ctypes.sizeof(kind) for _, kind in structure._fields_]
        assert sum(sizes) == ctypes.sizeof(structure)
