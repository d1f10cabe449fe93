"""Batches: everything once, in an order that the generator alone decides."""

from __future__ import annotations

from dataclasses import replace

import torch

from mirage_core.data.digits import digits


def test_an_epoch_shows_everything_once_and_can_be_entered_anywhere() -> None:
    data = digits()
    whole = list(data.batches(100, torch.Generator().manual_seed(3)))
    assert [len(y) for _, y in whole] == [100] * 14 + [37]
    seen = torch.cat([x for x, _ in whole]).flatten(1)
    assert torch.equal(seen.sum(0), data.train_x.flatten(1).sum(0))
    state = torch.get_rng_state()
    rest = list(data.batches(100, torch.Generator().manual_seed(3), start=12))
    assert torch.equal(torch.get_rng_state(), state)
    for (x, y), (expected_x, expected_y) in zip(rest, whole[12:], strict=True):
        assert torch.equal(x, expected_x)
        assert torch.equal(y, expected_y)
    assert torch.equal(torch.cat([y for _, y in data.test_batches(7)]), data.test_y)


def test_fingerprints_see_every_bit() -> None:
    data = digits()
    changed = data.test_x.clone()
    changed[-1, -1, -1, -1] += 1e-6
    others = [replace(data, test_x=changed), replace(data, classes=11)]
    others.append(replace(data, train_y=data.train_y.flip(0)))
    assert len({data.fingerprint, *(d.fingerprint for d in others)}) == 4
