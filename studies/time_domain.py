"""Does the light settle?  Streams of symbols through chains in time, against their budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from circuits.budgets.chain_delay import ChainDelay
from circuits.budgets.timing import unit_timing
from circuits.design import Design
from circuits.time_domain import TimeDomainDotProduct
from devices.ring_drive import RingDrive
from photonics.random import NoiseKey
from studies.output import print_table

# Digits at the first clock of the notes, and the longest chain at slower ones too.
CASES = ((5, 100e-12), (20, 100e-12), (80, 100e-12), (80, 400e-12), (80, 600e-12))
MODULUS = 31
_DIGITS = 5
_INSTANTS = 60


@dataclass(frozen=True)
class SettlingRow:
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


def leak_free(design: Design) -> Design:
    """A design whose settled light is exact: what then errs is time alone.

    Leaks in quadrature and half a free spectral range away, drives that jump, no static errors,
    converters that do not count, and a receiver far faster than the rings.
    """
    ring = design.multiplier.ring
    far_m = 0.5 * ring.fsr_m(design.laser.wavelength_m)
    multiplier = design.multiplier.model_copy(
        update={
            "ring": ring.model_copy(update={"detuning_m": far_m}),
            "ring_drive": RingDrive(time_constant_s=0.0),
            "bypass_phase_rad": 0.5 * torch.pi,
            "bypass_phase_rms_rad": 0.0,
        }
    )
    tia = design.receiver.tia.model_copy(update={"bandwidth_hz": 200e9})
    receiver = design.receiver.model_copy(
        update={"tia": tia, "gain": "per-symbol", "adc_extra_bits": 8}
    )
    return design.model_copy(update={"multiplier": multiplier, "receiver": receiver})


def settling_row(
    design: Design, digits: int, symbol_s: float, streams: int = 4, symbols: int = 25
) -> SettlingRow:
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
        unit_timing(design, MODULUS, length),
        ChainDelay(design, MODULUS, length).uniform.mean_s,
    )
    timed = TimeDomainDotProduct(MODULUS, length, design, 1.0 / symbol_s, sampling_delay_s=mean_s)
    waveforms = timed.waveforms(x, w)

    def wrong(delay_s: float) -> float:
        read = timed.decide(timed.sampled(waveforms, symbols, delay_s), x)
        return float((read != exact).double().mean())

    span_s = mean_s - timing.sampling_delay_s + 0.5 * symbol_s
    delays = [mean_s - span_s * n / _INSTANTS for n in range(_INSTANTS + 1)]
    best_s = min(delays, key=wrong)
    return SettlingRow(
        digits=digits,
        symbol_s=symbol_s,
        needed_s=timing.symbol_s,
        symbols=exact.numel(),
        wrong=wrong(timing.sampling_delay_s),
        wrong_at_best=wrong(best_s),
        best_delay_s=best_s,
    )


def settling_rows(design: Design, cases: Sequence[tuple[int, float]] = CASES) -> list[SettlingRow]:
    """Rows for chains and symbol times, and for each chain at the time that its budget asks."""
    exact = leak_free(design)
    rows = [settling_row(exact, *case) for case in cases]
    needed = {row.digits: row.needed_s for row in rows}
    return rows + [settling_row(exact, n, t, streams=2, symbols=12) for n, t in needed.items()]


def print_settling(rows: Sequence[SettlingRow]) -> None:
    """Print what time does to chains."""
    print_table(
        f"Light in time: uniform residues of {MODULUS}, no noise, leaks or static errors",
        ("digits", "symbol", "budget asks", "symbols", "wrong", "at best", "best instant"),
        [
            (
                str(r.digits),
                f"{1e12 * r.symbol_s:.0f} ps",
                f"{1e12 * r.needed_s:.0f} ps",
                str(r.symbols),
                f"{100 * r.wrong:.3g} %",
                f"{100 * r.wrong_at_best:.3g} %",
                f"{1e12 * r.best_delay_s:.0f} ps",
            )
            for r in rows
        ],
    )
