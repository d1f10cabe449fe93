"""Trials of a chip: patterns at the loss that they stand for."""

from __future__ import annotations

import math

import pytest
import torch

from tests.mirage_core.engines.channel_bench import calm, channel, raw

pytestmark = pytest.mark.usefixtures("few_patterns")


def test_patterns_are_tried_at_the_loss_of_their_node() -> None:
    quiet = "receiver.adc_noise_lsb=0"
    machine = calm("laser.power_w=1e-3", "receiver.tia.noise_a_per_rthz=1e-11", quiet)
    error_probe = channel(machine, raw(machine)).laws[2].error_probe
    trial = error_probe.trial(0, 0)
    for node in (5, 15, 25):
        signal = error_probe.signal(node, trial)
        snr = torch.hypot(*signal.mean) / signal.rms[0]
        loss_db = error_probe.classes.loss_db.node(node)
        receiver = error_probe.arrays.receiver
        first_w, second_w = receiver.gain.arriving_w(loss_db)
        shot_a2 = receiver.noise.shot_a2_per_w * float(first_w + second_w)
        rms_a = math.sqrt(shot_a2 + receiver.noise.still_a2)
        expected = float(receiver.gain.amplitude_a(loss_db)) / rms_a
        # Leaks and the laser's intensity move it by a percent; the loss within a node by six.
        assert float((snr / expected - 1).abs().mean()) < 0.01
        assert float(snr.std() / expected) < 0.02
