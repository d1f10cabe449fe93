"""Scores are means in double precision: differences of equal scores are nothing."""

from __future__ import annotations

import math

import torch

from mirage_core.training.tasks.classification import Classification
from mirage_core.training.tasks.language import LanguageModel


def test_a_share_is_the_nearest_to_the_fraction() -> None:
    judged = [torch.arange(360) < 347]
    assert Classification().score(judged) == 347 / 360


def test_nats_become_bits() -> None:
    nats = torch.full((3,), 0.7) * torch.tensor([1.0, 2.0, 3.0])
    wanted = math.fsum(nats.tolist()) / 3 / math.log(2)
    assert math.isclose(LanguageModel().score([nats[:1], nats[1:]]), wanted, rel_tol=1e-15)
