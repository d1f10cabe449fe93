"""Does the light settle?  Streams of symbols through chains in time, against their budget."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from circuits.analysis.time_domain import TimeDomainDotProduct
from circuits.analysis.timing import row_timing
from circuits.design.circuit import Design
from circuits.optics.chain_delay import ChainDelay
from devices.switches.switch_drive import SwitchDrive
from photonics.random import NoiseKey

MODULUS = 31
"""Of the chains: five digits to a multiplier."""

_DIGITS = 5
# Sampling instants that are tried.
_INSTANTS = 60


@dataclass(frozen=True)
class Settling:
    """What a stream of random symbols suffers from the time that its chain takes.

    Attributes:
        digits: length of the chain.
        symbol_s: symbol time.
        needed_s: symbol time that the timing budget asks for.
        symbols: how many were decided.
        wrong: share of wrong residues, sampled just before light of the next symbol can arrive.
        wrong_at_best: the same at the best of many sampling instants, which a receiver would have
            to find.
        best_delay_s: that instant, as a delay from the end of the symbol at the first drive.
    """

    digits: int
    symbol_s: float
    needed_s: float
    symbols: int
    wrong: float
    wrong_at_best: float
    best_delay_s: float

    @property
    def settles(self) -> bool:
        """Whether the timing budget says that symbols of this time settle."""
        return self.symbol_s >= self.needed_s


def leak_free(design: Design) -> Design:
    """A design whose settled light is exact: what then errs is time alone.

    Leaks in quadrature, rings half a free spectral range away, drives that jump, no static errors,
    converters that do not count, and a receiver far faster than the rings.
    """
    switch = design.multiplier.switch
    return design.changed(
        {
            "multiplier.switch": switch.leaking_least(design.laser.wavelength_m),
            "multiplier.switch_drive": SwitchDrive(time_constant_s=0.0),
            "multiplier.bypass_phase_rad": 0.5 * torch.pi,
            "multiplier.bypass_phase_rms_rad": 0.0,
            "receiver.tia.bandwidth_hz": 200e9,
            "receiver.gain": "per-symbol",
            "receiver.adc_extra_bits": 8,
        }
    )


def settling(
    design: Design, digits: int, symbol_s: float, streams: int = 4, symbols: int = 25
) -> Settling:
    """Stream uniform residues through chains of some digits (a multiple of five), without noise."""
    length = digits // _DIGITS
    key = NoiseKey.from_seed(0).fold("settling", digits)
    shape = (streams, symbols, length)
    x, w = (
        (key.fold(name).uniform(0, torch.Size(size).numel()) * MODULUS).long().reshape(size)
        for name, size in (("x", shape), ("w", (streams, length)))
    )
    exact = torch.remainder((x * w[:, None]).sum(-1), MODULUS)
    timing, mean_s = (
        row_timing(design, MODULUS, length),
        ChainDelay(design, MODULUS, length).uniform.mean_s,
    )
    clocked = design.changed({"clock_hz": 1.0 / symbol_s})
    timed = TimeDomainDotProduct(MODULUS, length, clocked, sampling_delay_s=mean_s)
    waveforms = timed.waveforms(x, w)

    def wrong(delay_s: float) -> float:
        read = timed.decide(timed.sampled(waveforms, symbols, delay_s), x)
        return float((read != exact).double().mean())

    span_s = mean_s - timing.sampling_delay_s + 0.5 * symbol_s
    delays = [mean_s - span_s * n / _INSTANTS for n in range(_INSTANTS + 1)]
    best_s = min(delays, key=wrong)
    return Settling(
        digits=digits,
        symbol_s=symbol_s,
        needed_s=timing.symbol_s,
        symbols=exact.numel(),
        wrong=wrong(timing.sampling_delay_s),
        wrong_at_best=wrong(best_s),
        best_delay_s=best_s,
    )
