"""Does the light settle?  Streams of symbols through chains in time, against their budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from circuits.analysis.time_domain import TimeDomainDotProduct
from circuits.analysis.timing import unit_timing
from circuits.design.circuit import Design
from circuits.optics.chain_delay import ChainDelay
from devices.switches.ring_drive import RingDrive
from mirage_core.machine.config import MachineConfig
from photonics.random import NoiseKey
from studies.report.progress import progress
from studies.report.tables import print_table

Case = tuple[int, float]
"""Digits of a chain, and the time of a symbol in s."""

# Digits at the first clock of the notes, and the longest chain at slower ones too.
CASES: tuple[Case, ...] = ((5, 100e-12), (20, 100e-12), (80, 100e-12), (80, 400e-12), (80, 600e-12))
MODULUS = 31
_OWN_CLOCK_DIGITS = 20
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

    @property
    def settles(self) -> bool:
        """Whether the timing budget says that symbols of this time settle."""
        return self.symbol_s >= self.needed_s


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


def settling_rows(machine: MachineConfig, cases: Sequence[Case] = CASES) -> list[SettlingRow]:
    """Chains at symbol times, and each chain at the time that its budget asks; with progress.

    Args:
        machine: whose multipliers, and whose own clock, which chains of middle length try too.
        cases: digits and symbol times of the others.
    """
    exact = leak_free(machine.design)
    plan = [*cases, (_OWN_CLOCK_DIGITS, machine.design.symbol_s)]
    rows = []
    chains = dict.fromkeys(digits for digits, _ in plan)
    with progress("light in time", len(plan) + len(chains)) as advance:
        for digits, symbol_s in plan:
            advance(0, f"{digits} digits, {1e12 * symbol_s:.0f} ps")
            rows.append(settling_row(exact, digits, symbol_s))
            advance()
        needed_s = {row.digits: row.needed_s for row in rows}
        for digits in chains:
            advance(0, f"{digits} digits, as the budget asks")
            rows.append(settling_row(exact, digits, needed_s[digits], streams=2, symbols=12))
            advance()
    return rows


def print_settling(rows: Sequence[SettlingRow]) -> None:
    """Print what time does to chains, beside what the budget says of it."""
    print_table(
        f"Light in time: uniform residues of {MODULUS}, no noise, leaks or static errors",
        ("digits", "symbol", "budget asks", "says", "symbols", "wrong", "at best", "best instant"),
        [
            (
                str(r.digits),
                f"{1e12 * r.symbol_s:.0f} ps",
                f"{1e12 * r.needed_s:.0f} ps",
                "settles" if r.settles else "NOT SETTLED",
                str(r.symbols),
                f"{100 * r.wrong:.3g} %",
                f"{100 * r.wrong_at_best:.3g} %",
                f"{1e12 * r.best_delay_s:.0f} ps",
            )
            for r in rows
        ],
        text=("says",),
    )


def settling_json(rows: Sequence[SettlingRow]) -> list[dict[str, Any]]:
    """The rows as plain data."""
    return [{**asdict(row), "settles": row.settles} for row in rows]
