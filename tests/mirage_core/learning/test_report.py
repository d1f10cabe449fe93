"""Reports: what is on light, what is digital, and where the cores differ from the operators."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

import mirage_core as mirage
from tests.mirage_core.helpers import exact_core


def test_report_names_what_stays_digital() -> None:
    class Mixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc, self.norm = nn.Linear(6, 6), nn.LayerNorm(6)
            self.extra = nn.Parameter(torch.ones(6, 6))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return F.linear(self.norm(self.fc(x)), self.extra)

    model = mirage.convert(Mixed(), exact_core())
    found = mirage.report(model, torch.ones(5, 6))
    places = {r.name: (r.place, r.macs) for r in found.layers}
    assert places["fc"] == ("optical", 5 * 36)
    assert places["norm"][0] == "digital"
    assert found.unseen_macs == 5 * 36
    assert "outside of layers" in str(found)
    assert type(model.fc).__name__ == "OpticalLinear"
    assert model.training


def test_a_report_names_what_it_cannot_count() -> None:
    class Distance(torch.nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.cdist(super().forward(x), x)

    found = mirage.report(torch.nn.Sequential(Distance(4, 4)), torch.ones(2, 4))
    assert found.not_counted[0] == "not counted: aten::_cdist_forward in 0"
    assert found.not_counted[0] in str(found)
