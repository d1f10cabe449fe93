"""Handwritten digits that come with scikit-learn."""

from __future__ import annotations

import torch

from mirage_core.data.dataset import Dataset


def digits() -> Dataset:
    """1797 digits of 8 x 8 pixels."""
    from sklearn.datasets import load_digits

    scans = load_digits()
    x = torch.from_numpy(scans.images / 16.0).float().unsqueeze(1)
    y = torch.from_numpy(scans.target).long()
    # The file is ordered by writer; a fixed shuffle mixes writers over both parts.
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(0))
    train, test = order[:1437], order[1437:]
    source = "scikit-learn's copy of the UCI optical recognition of handwritten digits test set"
    return Dataset("digits", x[train], y[train], x[test], y[test], 10, source)
