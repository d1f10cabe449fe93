"""Splitter tree: conservation, depth, and the statistics of its imbalance."""

import math

import numpy as np
import pytest
import torch

from devices.passive.splitter import SplitterTree
from photonics.errors import InputError
from photonics.optics import power_w
from photonics.random import NoiseKey
from tests.tolerance import assert_variance


@pytest.mark.parametrize(
    ("fan_out", "depth"), [(1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (32, 5), (33, 6)]
)
def test_depth(fan_out, depth):
    assert SplitterTree(fan_out=fan_out).depth == depth


@pytest.mark.parametrize("fan_out", [1, 2, 8, 64])
def test_lossless_tree_keeps_the_power_however_imbalanced(fan_out):
    tree = SplitterTree(fan_out=fan_out, stage_loss_db=0.0, imbalance_rms_db=1.0, phase_rms_rad=0.3)
    total = float(power_w(tree.fields(NoiseKey.from_seed(1))).sum())
    assert total == pytest.approx(1.0, rel=1e-12, abs=0.0)


def test_balanced_tree_shares_equally():
    tree = SplitterTree(fan_out=24, stage_loss_db=0.3)
    expected = 10 * math.log10(32) + 5 * 0.3
    assert tree.loss_db() == pytest.approx([expected] * 24, abs=1e-9)
    assert tree.excess_loss_db == pytest.approx(1.5)
    assert tree.worst_loss_db() == pytest.approx(expected)


def test_a_tree_of_one_output_loses_plain_zero():
    assert str(SplitterTree(fan_out=1).worst_loss_db()) == "0.0"


def test_systematic_imbalance_adds_up_along_the_tree():
    # All "upper" outputs against all "lower" ones: depth times the imbalance of a node.
    losses = SplitterTree(fan_out=16, imbalance_db=0.2).loss_db()
    assert losses[-1] - losses[0] == pytest.approx(4 * 0.2, abs=1e-9)


def test_systematic_imbalance_adds_to_the_drawn_one():
    # Every node of the same fabricated tree is out of balance by as much more.
    key = NoiseKey.from_seed(4)
    drawn = SplitterTree(fan_out=4).loss_db(key)
    both = SplitterTree(fan_out=4, imbalance_db=0.2).loss_db(key)
    assert drawn[1] - drawn[0] != 0.0
    assert (both[1] - both[0]) - (drawn[1] - drawn[0]) == pytest.approx(0.2, abs=1e-12)
    assert (both[3] - both[2]) - (drawn[3] - drawn[2]) == pytest.approx(0.2, abs=1e-12)


def test_same_key_same_tree():
    tree = SplitterTree(fan_out=8)
    first, again = (tree.fields(NoiseKey.from_seed(5)) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, tree.fields(NoiseKey.from_seed(6)))


def test_spread_of_one_node():
    # At the last stage neighbours share everything but their node's own imbalance.
    tree = SplitterTree(fan_out=8192, imbalance_rms_db=0.1)
    loss = np.array(tree.loss_db(NoiseKey.from_seed(2)))
    assert_variance(loss[1::2] - loss[0::2], 0.1**2)


def test_nodes_of_different_stages_are_independent():
    # A node's imbalance of x dB costs its output x/2; two stages add in variance.
    tree, key = SplitterTree(fan_out=4, imbalance_rms_db=0.1), NoiseKey.from_seed(3)
    first = [tree.loss_db(key.fold(i))[0] for i in range(800)]
    assert_variance(first, 2 * 0.05**2)


def test_no_outputs_are_refused():
    with pytest.raises(InputError):
        SplitterTree(fan_out=0)
