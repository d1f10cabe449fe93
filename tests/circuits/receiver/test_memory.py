"""What a reading keeps of earlier symbols equals the filter run over the whole train."""

from __future__ import annotations

import pytest
import torch

from circuits.receiver.by_design import symbol_memory
from circuits.receiver.memory import SETTLED, SymbolMemory, symbol_run
from mirage_core import load_machine
from photonics.errors import InputError
from photonics.filters import LowPass
from photonics.random import NoiseKey


def memory(clock_hz: float, *changes: str) -> SymbolMemory:
    return symbol_memory(load_machine("isca2024", [f"clock_hz={clock_hz!r}", *changes]).design)


@pytest.mark.parametrize("poles", [1, 2])
@pytest.mark.parametrize("clock_hz", [5e9, 10e9, 30e9])
def test_taps_filter_like_the_recursion(poles: int, clock_hz: float) -> None:
    edge = "receiver.sampling_guard_s=0"
    found = memory(clock_hz, f"receiver.tia.poles={poles}", "receiver.tia.bandwidth_hz=6e9", edge)
    assert found.depth >= 2
    train = NoiseKey.from_seed(1).normal(0, 500).reshape(2, 250)
    response = LowPass.butterworth(6e9, poles).behind(30e9)  # type: ignore[arg-type]
    exact = response.filtered(train, 1 / clock_hz, train[:, 0])
    padded = train[:, symbol_run(slice(0, 250), found.depth)]
    sampled = found.sampled(padded, None, dim=1)
    # What the taps leave out is below 2^-25 of the largest of the symbols.
    torch.testing.assert_close(sampled, exact, rtol=0, atol=2.0**-25 * 2 * float(train.abs().max()))
    assert sum(found.taps) == pytest.approx(1.0, abs=1e-12)


def test_a_run_in_parts_is_that_of_the_whole() -> None:
    found = memory(10e9)
    train = NoiseKey.from_seed(2).normal(0, 60)
    whole = found.sampled(train[symbol_run(slice(0, 60), found.depth)], None, dim=0)
    parts = [
        found.sampled(train[symbol_run(slice(i, i + 7), found.depth)], None, dim=0)
        for i in range(0, 56, 7)
    ]
    assert torch.equal(torch.cat(parts), whole[:56])


@pytest.mark.parametrize("poles", [1, 2])
@pytest.mark.parametrize("late", [1.0, -1.0])
def test_jitter_moves_a_sample_along_the_waveform(poles: int, late: float) -> None:
    clock_hz, jitter_s = 10e9, 5e-14
    found = memory(clock_hz, f"receiver.tia.poles={poles}", f"receiver.clock_jitter_s={jitter_s}")
    assert found.jitters
    train = NoiseKey.from_seed(3).normal(0, 40)
    padded = train[symbol_run(slice(0, 40), found.depth)]
    still = found.sampled(padded, None, dim=0)
    moved = found.sampled(padded, torch.full((40,), late, dtype=torch.float64), dim=0)
    # The waveform itself: every change of the input adds a step response, the next one's too.
    bandwidth_hz = load_machine("isca2024").design.receiver.tia.bandwidth_hz
    response = LowPass.butterworth(bandwidth_hz, poles).behind(30e9)  # type: ignore[arg-type]
    steps = torch.diff(train, prepend=train[:1])

    def waveform(time_s: float) -> float:
        begun = [n for n in range(40) if n / clock_hz < time_s]
        return float(train[0]) + sum(
            float(steps[n]) * (1 - response.step_error(time_s - n / clock_hz)) for n in begun
        )

    sampled_s = [(k + 1) / clock_hz - 1e-12 for k in range(40)]
    exact = torch.tensor([waveform(t) for t in sampled_s], dtype=torch.float64)
    later = torch.tensor([waveform(t + late * jitter_s) for t in sampled_s], dtype=torch.float64)
    torch.testing.assert_close(still, exact, rtol=0, atol=1e-6)
    # To first order in the jitter: what bends within it is some 2π f jitter of that.
    scale = float((later - exact).abs().max())
    assert scale > 2e-5
    torch.testing.assert_close(moved - still, later - exact, rtol=0, atol=0.01 * scale)


def test_samples_that_meet_the_next_symbol_are_refused() -> None:
    with pytest.raises(InputError, match=r"clock_jitter_s.*widen the guard"):
        memory(10e9, "receiver.clock_jitter_s=1e-12")
    with pytest.raises(InputError, match=r"sampling_guard_s.*half a symbol"):
        memory(10e9, "receiver.sampling_guard_s=6e-11")


def test_a_settled_receiver_remembers_nothing() -> None:
    assert memory(10e9, "receiver.memory=settled") == SETTLED
    assert memory(10e6).depth == 0
    assert not memory(10e6, "receiver.clock_jitter_s=1e-13").jitters
    current = torch.arange(4.0)
    assert SETTLED.sampled(current, None, dim=0) is current


def test_a_receiver_that_never_settles_is_refused() -> None:
    with pytest.raises(InputError, match=r"receiver\.tia\.bandwidth_hz.*memory=settled"):
        memory(10e9, "receiver.tia.bandwidth_hz=1e6")


def test_a_slow_diode_remembers_too() -> None:
    wide, narrow = (memory(10e9, f"receiver.photodiode.bandwidth_hz={f}") for f in ("3e10", "4e9"))
    assert narrow.depth > wide.depth
    # A pole at 4 GHz leaves 8 % after 100 ps, before the amplifier adds to it.
    assert wide.taps[0] > 0.97
    assert narrow.taps[0] < 0.87
    with pytest.raises(InputError, match=r"photodiode.bandwidth_hz"):
        memory(10e9, "receiver.photodiode.bandwidth_hz=1e7")
