"""Error rates too small to be counted, by importance sampling, against the exact phase law."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from circuits.coding.phase_code import level_angle_rad
from circuits.units.dot_product import ModularDotProduct
from mirage_core.machine.config import MachineConfig
from photonics.importance import PushedNoise, edge_push, pushed_noise
from photonics.random import NoiseKey
from photonics.statistics import symbol_error_rate
from studies.verification.check import Z_LEVEL, Check, Finding, compare
from studies.verification.machines import amplitude_a, gamma, noisy

RATES = (1e-6, 1e-9)
"""Error rates to be estimated."""

WITHIN = 0.1
"""Largest relative difference from theory."""


def tail(like: MachineConfig, fidelity: str, modulus: int, rate: float, samples: int) -> Check:
    """Error rate of one modulus in the noise of the amplifier."""
    machine = noisy(like, "amplifier", rate, modulus)
    snr = gamma(machine)
    theory = float(symbol_error_rate(snr, modulus))
    key = NoiseKey.from_seed(5).fold("verify", "tail", fidelity, modulus, round(-math.log10(rate)))
    # Every residue in turn, each an even number of times so that both edges get as many samples.
    sent = torch.arange(samples) // 2 % modulus
    angle_rad = level_angle_rad(modulus) * sent.to(torch.float64)
    push = edge_push(angle_rad, math.pi / modulus, math.sqrt(2.0 * snr))
    noise = pushed_noise(key.normal_pairs(0, samples, torch.float64), push)
    read = _READERS[fidelity](machine, modulus, sent, noise)
    found = noise.probability(read != sent)
    off, unsure = found.value / theory - 1.0, Z_LEVEL * found.standard_error / theory
    outcome = compare(off, unsure, WITHIN)
    detail = f"theory × {1.0 + off:.4f}, within {100 * (abs(off) + unsure):.1f} %"
    point = {
        "snr_db": 10.0 * math.log10(snr),
        "rate": found.value,
        "standard_error": found.standard_error,
        "theory": theory,
    }
    name = f"tail at {rate:.0e}, m = {modulus}, {fidelity}"
    few = "too few samples were drawn" if outcome == "unsure" else ""
    failures = int(outcome == "different" or not math.isfinite(off))
    return Check(name, samples, failures, detail, points=(point,), inconclusive=few)


def _read_compact(machine: MachineConfig, modulus: int, sent: Tensor, noise: PushedNoise) -> Tensor:
    """Through the receiver of the compact model."""
    row = ModularDotProduct(modulus, 1, machine.design)
    receiver, lossless = row.receiver, torch.zeros(len(sent))
    detected = receiver.detect(
        lossless,
        lossless.clone(),
        receiver.phase_rad(sent.float(), torch.zeros(len(sent))),
        torch.ones(len(sent)),
    )
    full_scale_a = machine.design.receiver.full_scale_ratio * amplitude_a(machine)
    in_phase, quadrature = (
        (current_a + rms_a * normal.float()) / full_scale_a
        for current_a, rms_a, normal in zip(*detected, noise.noise.T, strict=True)
    )
    return receiver.decide(in_phase, quadrature)


def _read_field(machine: MachineConfig, modulus: int, sent: Tensor, noise: PushedNoise) -> Tensor:
    """Through fields and diodes; the amplifiers' noise is added here, to be pushed."""
    row = ModularDotProduct(modulus, 1, machine.design)
    amplifier_a2 = row.receiver.noise.still_a2
    current_a = row.currents(sent[:, None], torch.ones(1, dtype=torch.int64))
    noisy_a = current_a + math.sqrt(amplifier_a2) * noise.noise
    ratio = noisy_a / (machine.design.receiver.full_scale_ratio * amplitude_a(machine))
    return row.receiver.decide(ratio[:, 0], ratio[:, 1])


_READERS = {"compact": _read_compact, "field": _read_field}


def tails(like: MachineConfig, samples: int) -> Finding:
    """Both rates, both fidelities, every modulus."""
    return Finding(
        [
            tail(like, fidelity, modulus, rate, samples)
            for fidelity in _READERS
            for rate in RATES
            for modulus in like.all_moduli.moduli
        ]
    )
