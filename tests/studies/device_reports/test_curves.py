"""What the curves of reports are made with."""

from __future__ import annotations

import math

import pytest
import torch

from studies.device_reports.curves import decibel, span, unwrapped


def test_tools() -> None:
    assert span(-1.0, 1.0, 5).tolist() == [-1.0, -0.5, 0.0, 0.5, 1.0]
    assert decibel(torch.tensor([1.0, 0.5, 0.0])).tolist() == pytest.approx([0.0, -3.0103, -90.0])
    phase = span(0.0, 20.0, 101)
    wrapped = (phase + math.pi).remainder(2 * math.pi) - math.pi
    assert torch.allclose(unwrapped(wrapped), phase)
