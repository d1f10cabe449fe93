"""The door to photontorch: solved anew each time, and nothing left changed."""

from __future__ import annotations

import math
import sys

import pytest
import torch

from photonics.errors import InputError
from photonics.optics import power_w
from studies.verification.photontorch_oracle import devices as reference
from studies.verification.photontorch_oracle import solver
from tests.studies.verification.photontorch_oracle.rough import needs_photontorch


@needs_photontorch
def test_an_edited_circuit_is_solved_anew():
    first, second = reference.mzi(0.5, 0.5, 0.3), reference.mzi(0.5, 0.5, 1.3)
    assert float(power_w(first)[0, 0]) == pytest.approx(math.sin(0.15) ** 2, abs=1e-12)
    assert float(power_w(second)[0, 0]) == pytest.approx(math.sin(0.65) ** 2, abs=1e-12)


@needs_photontorch
def test_global_state_is_put_back():
    threads, grad = torch.get_num_threads(), torch.is_grad_enabled()
    reference.ring_add_drop(0.1, 0.1, 0.1, 0.2)
    with pytest.raises(RuntimeError, match="inside"), solver._photontorch():
        raise RuntimeError("inside")
    assert torch.get_default_dtype() == torch.float32
    assert torch.get_num_threads() == threads
    assert torch.is_grad_enabled() == grad
    assert sys.modules["photontorch.networks.network"].torch is torch


def test_missing_photontorch_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "photontorch", None)
    with pytest.raises(InputError, match=r"mirage-photonics\[reference\]"):
        reference.coupler(0.5)
