r"""Error rate of readings, predicted from what is known of each: where it lies, and its noise.

The mean of a reading is worked out with all flaws at once, reading by reading; the exact law of
decisions (:mod:`circuits.receiver.decisions`) gives the probability of a wrong one, steps of the
converters and all.
No single σ stands for all readings.

What the rows of a symbol share moves a mean to and fro, and so does what the readings of a load of
drives share: the law is averaged over the part that turns the phase.  The part that only scales a
reading turns nothing, and is left out.

Legend of shapes: G tile, N streamed vector, M row; S = G N M readings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from circuits.analysis.receiver_errors import Reception
from circuits.analysis.workload import Light, Workload, wrapped
from circuits.coding.phase_code import level_angle_rad
from circuits.compiled.arrays import CompiledArrays
from circuits.receiver.decisions import Signal, decisions, may_err
from circuits.receiver.receiver import Detected
from photonics.converters import QUANTISATION_VARIANCE_LSB2
from photonics.optics import phasor
from photonics.representation import one_line

# Readings whose probabilities are worked out at a time.
_AT_ONCE = 1 << 12
# Shared noise below this share of the rest counts as part of it, and so does as much of any shared
# noise: less would be too narrow to be averaged at points.
_SLIGHT = 0.3
# Shared noise beyond this many rms is left out: 1e-15 of the symbols.
_REACH_RMS = 8.0
_NOTHING = 1e-300


class _Shared(NamedTuple):
    """One rms of what readings of a symbol or of a load share, of each: all move together.

    Attributes:
        shift: of I + iQ, as a fraction of the full scale.
        turn_rad: about the origin.
    """

    shift: Tensor
    turn_rad: Tensor

    def move(self, mean: Tensor) -> Tensor:
        """By which I + iQ is off, to the first order."""
        return self.shift + 1j * self.turn_rad * mean

    def moved(self, mean: Tensor, times: float) -> Tensor:
        """I + iQ, off by so many rms."""
        return (mean + times * self.shift) * phasor(times * self.turn_rad)

    def at(self, chosen: Tensor) -> _Shared:
        """Of some readings, by their numbers."""
        return _Shared(self.shift[chosen], self.turn_rad[chosen])


@dataclass(frozen=True)
class PredictedReadings:
    """Readings and their decision, all (G, N, M).

    Attributes:
        offset_rad: phase of the mean against the level it should be at.
        random_rad: rms phase error that is drawn anew, with the converters' steps as noise.
        error_probability: probability that each is decided wrongly, to about 1e-15.
    """

    offset_rad: Tensor
    random_rad: Tensor
    error_probability: Tensor

    __repr__ = one_line


def predict(arrays: CompiledArrays, work: Workload) -> PredictedReadings:
    """Mean, noise and error probability of every reading of a workload.

    Args:
        arrays: of one modulus of a compiled chip: nothing else is known of it.
        work: what they are given.

    Raises:
        InputError: if the workload does not fit the arrays.
    """
    light, reception = Light.read(arrays, work), Reception(arrays, work)
    receiver, setting = reception.receiver, reception.setting
    residue = work.residue(receiver.modulus)
    detected = reception.detect(light)
    settled_a = torch.complex(*detected.current_a)
    current_a = reception.sampled_a(settled_a)
    means, (rms_i, rms_q) = receiver.at_converters(
        Detected((current_a.real, current_a.imag), detected.rms_a), setting
    )
    mean = torch.complex(*means)
    shared = _shared(reception, settled_a, current_a, mean)

    clipped = torch.complex(mean.real.clamp(-1.0, 1.0), mean.imag.clamp(-1.0, 1.0))
    read = reception.with_inl(clipped)
    across = _across(read)
    noise = across.real.square() * rms_i.square() + across.imag.square() * rms_q.square()
    noise = noise + (shared.move(mean) * across.conj()).real.square()
    steps = QUANTISATION_VARIANCE_LSB2 * receiver.converter.lsb**2
    rms = rms_i.flatten(), rms_q.flatten()
    flat = _Shared(*(x.flatten() for x in shared))
    probabilities = _error_probability(
        reception, mean.flatten(), rms, flat, residue.long().flatten()
    )
    return PredictedReadings(
        offset_rad=wrapped(read.angle() - level_angle_rad(receiver.modulus) * residue),
        random_rad=(noise + steps).sqrt() / read.abs(),
        error_probability=probabilities.view(mean.shape),
    )


def _shared(reception: Reception, settled_a: Tensor, current_a: Tensor, mean: Tensor) -> _Shared:
    """One rms of shared noise: its part across the readings, and what goes with that."""
    across, laser = _across(mean), reception.receiver.laser
    moves = [
        reception.ratio(x, offsets=False)
        for x in (laser.intensity_rms * current_a, reception.jitter_a(settled_a))
    ]
    shifting = sum(((x * across.conj()).real.square() for x in moves), torch.zeros_like(mean.real))
    turn_rad = torch.hypot(reception.laser_rms_rad, reception.drives_rms_rad)
    turned = turn_rad * mean.abs()
    rms = (shifting + turned.square()).sqrt().clamp(min=_NOTHING)
    return _Shared(across * (shifting / rms), turn_rad * (turned / rms))


def _across(reading: Tensor) -> Tensor:
    """Unit phasor at a right angle to I + iQ, none where there is no light."""
    return 1j * reading / reading.abs().clamp(min=_NOTHING)


def _error_probability(
    reception: Reception,
    mean: Tensor,
    white: tuple[Tensor, Tensor],
    shared: _Shared,
    residue: Tensor,
) -> Tensor:
    """Probabilities of a wrong decision, averaged over shared noise; all (S,)."""
    converter, shape = reception.receiver.converter, reception.work.shape
    law, transitions = decisions(converter), reception.receiver.transitions
    rms, shared, ratio = _parted(mean, white, shared)
    size = shared.move(mean).abs()
    reach = torch.hypot(rms[0], size), torch.hypot(rms[1], size)
    doubt = may_err(converter, Signal((mean.real, mean.imag), reach), residue).nonzero()[:, 0]
    probabilities = torch.zeros(len(residue), dtype=torch.float64)
    if not len(doubt):
        return probabilities
    # Readings that need as many points go together.
    for chosen in doubt[ratio[doubt].argsort()].split(_AT_ONCE):
        own_transitions = None
        if transitions is not None:
            tile, _, row = torch.unravel_index(chosen, shape)
            own_transitions = transitions[tile, 0, row]
        own_rms = rms[0][chosen], rms[1][chosen]
        for point, weight in _points(float(ratio[chosen].max())):
            at = shared.at(chosen).moved(mean[chosen], point)
            signal = Signal((at.real, at.imag), own_rms, own_transitions)
            probabilities[chosen] += weight * law.wrong(signal, residue[chosen])
    return probabilities.clamp(max=1.0)


def _parted(
    mean: Tensor, white: tuple[Tensor, Tensor], shared: _Shared
) -> tuple[tuple[Tensor, Tensor], _Shared, Tensor]:
    """What counts as noise of each reading: rms of I and of Q; the rest, and its size over them."""
    least, size = torch.minimum(*white), shared.move(mean).abs()
    own = ((_SLIGHT * size).square() - least.square()).clamp(min=0.0)
    own = torch.where(size < _SLIGHT * least, size.square(), own)
    rest = (1.0 - own / size.square().clamp(min=_NOTHING)).clamp(min=0.0).sqrt()
    rms = (white[0].square() + own).sqrt(), (white[1].square() + own).sqrt()
    ratio = rest * size / torch.minimum(*rms).clamp(min=_NOTHING)
    return rms, _Shared(shared.shift * rest, shared.turn_rad * rest), ratio


def _points(ratio: float) -> list[tuple[float, float]]:
    """Points, in rms of the shared noise, and weights that average over it.

    Probabilities change within the rms of a reading's own noise, so points that are evenly spaced
    and that close leave errors of ``2 exp(-π²)``, 1e-4, of the result.

    Args:
        ratio: largest shared noise over the readings' own.
    """
    if ratio == 0.0:
        return [(0.0, 1.0)]
    step = math.sqrt(2.0) / math.hypot(1.0, ratio)
    count = math.ceil(_REACH_RMS / step)
    points = [step * i for i in range(-count, count + 1)]
    weights = [math.exp(-0.5 * x * x) for x in points]
    return [(x, w / sum(weights)) for x, w in zip(points, weights, strict=True)]
