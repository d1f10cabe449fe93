"""What the time of a chain does to random symbols."""

from __future__ import annotations

from circuits.analysis.settling import leak_free, settling
from circuits.design.circuit import Design


def test_long_chains_err_at_the_published_clock_and_not_at_that_of_their_budget() -> None:
    design = leak_free(Design())
    short, long = (settling(design, n, 100e-12, streams=2, symbols=20) for n in (5, 20))
    assert short.wrong <= 0.05
    # No sampling instant saves the longer chain, whose delay varies by as much as a symbol.
    assert long.wrong >= long.wrong_at_best > 0.3
    settled = settling(design, 20, long.needed_s, streams=2, symbols=10)
    assert settled.wrong == 0.0
    assert settled.needed_s == long.needed_s > 100e-12 < short.needed_s
    assert (long.settles, settled.settles) == (False, True)
