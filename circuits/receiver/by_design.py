"""The numbers of the receivers of one modulus, worked out from a design: once, and here.

What a chip adds to them (flaws of hybrids, trims, transitions) comes with
:func:`circuits.chip.compiling.compile_chip`.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch

from circuits.design.circuit import Design
from circuits.design.receiver import ReceiverDesign
from circuits.optics.chain_delay import ChainDelay
from circuits.optics.digit import path_loss_db
from circuits.optics.hybrid import Hybrid
from circuits.receiver.converter import Converter, averaged_variance
from circuits.receiver.diodes import Diodes
from circuits.receiver.gain import LOSS_STEP_DB, GainControl
from circuits.receiver.memory import SETTLED, SymbolMemory
from circuits.receiver.receiver import Receiver, WhiteNoise
from circuits.receiver.shared_noise import LaserNoise
from photonics.errors import InputError

# Amplitudes far below this are no numbers of FP32 any more.
_LEAST_AMPLITUDE_A = 1e-30
# What is remembered less than this is below the resolution of FP32.
_NEGLIGIBLE = 2.0**-25
_LONGEST = 64
# Least time between sample and next symbol, in rms jitters.
_GUARD = 5.0


def receiver_by_design(design: Design, modulus: int, length: int) -> Receiver:
    """Receivers of dot products of ``length`` multipliers, exactly as designed."""
    return Receiver(
        modulus=modulus,
        rail_powers_w=design.rail_powers_w(modulus),
        responsivity_a_per_w=design.receiver.responsivity_a_per_w,
        noise=white_noise(design.receiver),
        gain=gain_control(design, modulus, length),
        memory=symbol_memory(design),
        laser=laser_noise(design, modulus, length),
        converter=converter(design, modulus),
        difference=None,
        total=None,
        trim_gain=None,
        trim_offset=None,
        transitions=None,
    )


def amplitude_error(design: Design, modulus: int, length: int, reads: int = 1) -> float:
    """Relative rms error of the mean of readings of an amplitude by which a switch is found.

    The digit of that switch couples, the one whose light loses most by that; all others lose as
    little as a digit can.  The full scale is that of the least lossy symbol, as far as a stage
    gives it.  Infinite where no light arrives.
    """
    receiver = receiver_by_design(design, modulus, length)
    gain, converter = receiver.gain, receiver.converter
    coupled = 0 if design.multiplier.polarity == "zero-coupled" else 1
    least_db = gain.loss_db.amin(1)
    more_db = float((gain.loss_db[:, coupled] - least_db).max())
    loss_db = length * float(least_db.sum()) + more_db
    amplitude_a = float(gain.amplitude_a(loss_db))
    if amplitude_a == 0.0:
        return math.inf
    full_scale_a = float(gain.full_scale_of(length * gain.residue_loss_db().min()))
    noise_a2 = receiver.noise.variance_a2(float(sum(gain.arriving_w(loss_db))))
    noise_a2 += (amplitude_a * receiver.laser.intensity_rms) ** 2
    before = torch.tensor([noise_a2 / full_scale_a**2 + converter.noise_rms**2]).double()
    # Steps stand still where noise does not carry readings over them.
    left = averaged_variance(before, torch.tensor([converter.lsb]).double(), reads)
    return math.sqrt(float(left)) * full_scale_a / amplitude_a


def white_noise(receiver: ReceiverDesign) -> WhiteNoise:
    """White noise of one quadrature.

    The two diodes of a pair share half of what the hybrid leaves of the light of both rails, t, so
    the shot noise is ``2 q (t R (P+ + P-)/2 + 2 I_dark) B``; the amplifier adds its own.
    """
    diode, bandwidth = receiver.photodiode, receiver.noise_bandwidth_hz
    dark = torch.zeros((), dtype=torch.float64)
    half = dark + 0.5 * receiver.hybrid.transmission
    per_watt = diode.shot_variance_a2(half, bandwidth) - diode.shot_variance_a2(dark, bandwidth)
    amplifier_a2 = receiver.tia.noise_variance_a2(receiver.tia.noise_bandwidth_hz)
    stage_a2 = receiver.stage.added_variance_a2(amplifier_a2) if receiver.stage else 0.0
    pair_a2 = float(2.0 * diode.shot_variance_a2(dark, bandwidth))
    return WhiteNoise(float(per_watt), pair_a2, amplifier_a2, stage_a2)


def converter(design: Design, modulus: int) -> Converter:
    """Converters of I and Q."""
    adc = design.receiver.adc(modulus)
    return Converter(modulus, adc.bits, adc.input_noise_lsb, adc.inl_rms_lsb)


def diodes(design: Design, hybrid: Hybrid) -> Diodes:
    """Diodes behind hybrids as they were made and trimmed."""
    receiver, noise = design.receiver, white_noise(design.receiver)
    return Diodes(
        hybrid.attenuated(receiver.hybrid.transmission),
        receiver.photodiode,
        receiver.noise_bandwidth_hz,
        noise.amplifier_a2 + noise.stage_a2,
    )


def gain_control(design: Design, modulus: int, length: int) -> GainControl:
    """What sets the full scale of dot products of ``length`` multipliers."""
    multiplier, receiver = design.multiplier, design.receiver
    loss_db = path_loss_db(multiplier, modulus, design.laser.wavelength_m)
    table = torch.tensor(loss_db, dtype=torch.float64)
    return GainControl(
        code=multiplier.code(modulus),
        length=length,
        loss_db=(table / LOSS_STEP_DB).round() * LOSS_STEP_DB,
        rail_powers_w=design.rail_powers_w(modulus),
        dual=all(multiplier.rail_shares),
        responsivity_a_per_w=receiver.responsivity_a_per_w,
        full_scale_ratio=receiver.full_scale_ratio,
        per_symbol=receiver.gain == "per-symbol",
        steps=None if receiver.stage is None else receiver.stage.steps,
    )


def laser_noise(design: Design, modulus: int, length: int) -> LaserNoise:
    """Noise of the laser within the receiver's bandwidth, for rows of ``length`` multipliers."""
    laser, bandwidth_hz = design.laser, design.receiver.noise_bandwidth_hz
    variances = [
        laser.phase_variance_rad2(delay_s, bandwidth_hz)
        for delay_s in rail_delays_s(design, modulus, length)
    ]
    intensity = laser.intensity_variance(bandwidth_hz)
    return LaserNoise(math.sqrt(intensity), tuple(map(math.sqrt, variances)))


def rail_delays_s(design: Design, modulus: int, length: int) -> list[float]:
    """By how much the first rail is later, by how many of the digits of a symbol are one.

    Two rails with the same digits delay their light alike: one number for all symbols.  A single
    rail is late by its chain, less the delay line in the reference arm.
    """
    receiver = design.receiver
    if design.multiplier.rails == "dual":
        return [receiver.rail_mismatch_s]
    chain = ChainDelay(design, modulus, length)
    late_s: list[float] = (chain.by_ones - chain.line_s + receiver.rail_mismatch_s).tolist()
    return late_s


def symbol_memory(design: Design) -> SymbolMemory:
    """What a reading keeps of earlier symbols; nothing where every symbol settles.

    Raises:
        InputError: if it remembers more symbols than can be counted, or samples when it should
            not.
    """
    receiver, symbol_s = design.receiver, design.symbol_s
    if receiver.memory == "settled" or math.isinf(symbol_s):
        return SETTLED
    response = receiver.response
    _check_guard(receiver, symbol_s)
    depth = math.ceil(-math.log(_NEGLIGIBLE) / (response.slowest_per_s * symbol_s))
    if depth > _LONGEST:
        diode, tia = receiver.photodiode.bandwidth_hz, receiver.tia.bandwidth_hz
        raise InputError(
            f"receiver.{'photodiode' if diode < tia else 'tia'}.bandwidth_hz",
            min(diode, tia),
            f"remembers {depth} symbols of {symbol_s:.3g} s, and at most {_LONGEST} can count",
            "widen it, lower the clock, or set receiver.memory=settled",
        )
    guard_s = receiver.sampling_guard_s
    after_s = [n * symbol_s - guard_s for n in range(1, depth + 1)]
    errors = [1.0, *(response.step_error(t) for t in after_s)]
    slopes = [0.0, *(response.step_slope_per_s(t) for t in after_s)]
    errors[-1] = slopes[-1] = 0.0
    taps = tuple(a - b for a, b in pairwise(errors))
    rises = tuple(b - a for a, b in pairwise(slopes))
    return SymbolMemory(taps, rises, receiver.clock_jitter_s)


def _check_guard(receiver: ReceiverDesign, symbol_s: float) -> None:
    guard_s, jitter_s = receiver.sampling_guard_s, receiver.clock_jitter_s
    if guard_s < _GUARD * jitter_s:
        raise InputError(
            "receiver.clock_jitter_s",
            jitter_s,
            f"a fifth of receiver.sampling_guard_s at most, {guard_s / _GUARD:.3g} s",
            "a late sample would meet the next symbol: widen the guard",
        )
    if guard_s > 0.5 * symbol_s:
        raise InputError(
            "receiver.sampling_guard_s", guard_s, f"half a symbol at most, {0.5 * symbol_s:.3g} s"
        )


def require_light(design: Design, modulus: int, length: int) -> None:
    """Refuse a design that lets no light through to the receiver.

    Raises:
        InputError: if nothing that can be told from darkness arrives for the lossiest input.
    """
    least_a = gain_control(design, modulus, length).smallest_amplitude_a
    # Loss without end may make this no number at all.
    if not least_a >= _LEAST_AMPLITUDE_A:
        raise InputError(
            "laser.power_w",
            design.row_power_w(modulus),
            f"no light arrives behind {length} multipliers modulo {modulus}",
            "lower the loss of coupler, feed, splitters, rings, shifters, bends and hybrid, or "
            "couple and detune the rings so that they switch",
        )
