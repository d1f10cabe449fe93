r"""Which readouts noise cannot reach: bounds, from the numbers of a compiled chip.

A readout is *quiet* where its noise is certain to leave it decided as what was sent.  Let its light
have the amplitude a over that of the design, with the phase off by t from the residue's own::

                 . edge of the residue: half a cell h away
             .  '   d = a sin(h - |t|) - what the converter displaces
         .  '  o  noise-free point, displaced by e from a (cos t, sin t)
     .  '______________________________ phase of the residue

Noise of two independent normals of rms σ or less, and of radius r in standard deviations, moves
the point by r σ at most.  The converter moves it to the middle of a cell, by half the diagonal of a
step at most (p); clipping brings no point farther from the noise-free one than it was.  So the
readout is quiet if ``a (sin(h - |t|) - e) - p > r σ``, and in particular if the largest radius that
the leading byte of its random word leaves open satisfies this.

Of what is left most is quiet too, since it is moved along the edges.  With u the normal of an edge,
out of the residue, normals n of I and Q move a point towards it by
``σ (max(0, n_I u_I) + max(0, n_Q u_Q))`` at most, however much less than σ either has for its rms
and whatever of it is clipped.  This stands for r σ then, of both edges; and of the farther one h
for h - |t|, which is less than it has to spare.

What stands here depends on the chip alone: ranges of what each multiplier does to amplitudes, what
hybrid and trims of a row make of a phase, and noise by the loss of a symbol.  The path that uses it
adds up phases exactly and these ranges for the rows of a tile; see ``native/body.h``.

Legend of shapes: P place (unit, row, multiplier), L line (unit, row), V drive level, X streamed
mantissa, D digit, Q quantity, B pair (I, Q), C class of symbols by their loss, K bin of the angle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from circuits.compiled.arrays import CompiledArrays
from circuits.receiver.gain import LOSS_STEP_DB
from circuits.receiver.receiver import Receiver
from photonics.readout_words import LARGEST_RADIUS

BINS = 32
"""Steps of the angle that a readout has to spare."""
SLOTS = 8
"""Places for the base and the digits of a multiplier."""
LINE = 40
"""Numbers of a line."""

_MOST_CLASSES = 256
_NEPER_PER_DB = math.log(10.0) / 20.0
# A row whose light exceeds the nominal one by more, or is displaced by more, is never quiet.
LIGHT_LIMIT = 1.6
MOST_DISPLACED = 0.5
# Entries of the tables of a tile: their addresses have 16 bits.
_MOST_ENTRIES = 0xFFFF // 8
# Places worked on at a time.
_CHUNK = 256
# Steps that the tilt of a multiplier is rounded to, and the largest sum of those of a row.
_TILT_STEPS, _MOST_TILT = 16, 127
# Rows that are tilted by less are not all that may be: heat adds to them.
_LEAST_REACH_NEPER = 1e-4


def can_screen(arrays: CompiledArrays, limit: int) -> bool:
    """Whether arrays fit the bounds: rails alike, settled, few digits, tables of them, no gain.

    Args:
        arrays: of one modulus.
        limit: largest magnitude of a mantissa.
    """
    digits, receiver = arrays.digits, arrays.receiver
    length, mantissas = digits.shape[2], 2 * limit + 1
    return (
        digits.table is not None
        and receiver.memory.depth == 0
        and receiver.gain.dual
        # Classes count losses from 0 on.
        and not receiver.gain.amplifies
        and digits.digits < SLOTS
        and length * mantissas <= _MOST_ENTRIES
    )


@dataclass(frozen=True)
class Screening:
    """The arrays of one modulus, as screens read them.

    Attributes:
        arrays: the compiled arrays.
        limit: largest magnitude of a mantissa.
    """

    arrays: CompiledArrays
    limit: int

    @property
    def modulus(self) -> int:
        """The modulus m."""
        return self.arrays.modulus

    @property
    def device(self) -> torch.device:
        """Where the arrays are, and all that follows from them."""
        return self.arrays.device

    @property
    def receiver(self) -> Receiver:
        """Receivers of all places."""
        return self.arrays.receiver

    @cached_property
    def mantissas(self) -> Tensor:
        """Every integer that is streamed, int64 (X,)."""
        return torch.arange(-self.limit, self.limit + 1, device=self.device)

    @cached_property
    def bits(self) -> Tensor:
        """Their digits, int64 (X, D)."""
        return self.receiver.gain.code.digits(self.mantissas)

    @cached_property
    def loss_db(self) -> Tensor:
        """Loss of one multiplier on one rail by design, float64 (X,)."""
        return self.receiver.gain.rail_loss_db(self.bits[:, None, :])

    @property
    def exact(self) -> Tensor:
        """Digits of all places and drives in grid steps, base first, int32 (P, V, Q, 8)."""
        assert self.arrays.digits.table is not None
        base, delta = self.arrays.digits.table
        found = torch.zeros(*base.shape, SLOTS, dtype=torch.int32, device=self.device)
        found[..., 0], found[..., 1 : 1 + delta.shape[2]] = base, delta.transpose(2, 3)
        return found

    @property
    def turn(self) -> float:
        """Turns in a grid step of the phase."""
        return self.arrays.digits.step[2] / (2.0 * math.pi)

    @property
    def phases(self) -> Tensor:
        """Phases alone in what :attr:`hot` has room for, int32 (P, V, 16)."""
        exact = self.exact
        found = exact.new_zeros(*exact.shape[:2], 16)
        found[..., :SLOTS] = exact[:, :, 2]
        return found

    @cached_property
    def hot(self) -> Tensor:
        """What a screen needs of them, int32 (P, V, 16): the words of ``Hot`` of ``kernel.h``."""
        found = self.phases
        step = self.arrays.digits.step
        for part, whole, ranges in zip(
            self.exact.split(_CHUNK), found.split(_CHUNK), self.ranges.split(_CHUNK), strict=True
        ):
            tilt = part[:, :, 0].double() * step[0] - part[:, :, 1].double() * step[1]
            tilt[..., 0] -= ranges[..., 2]
            steps = (tilt / self.tilt_step).round().to(torch.int16)
            whole[..., SLOTS : SLOTS + SLOTS // 2] = steps.contiguous().view(torch.int32)
            whole[..., 12:] = ranges.float().view(torch.int32)
        return found

    @cached_property
    def still(self) -> bool:
        """Whether no multiplier turns phases by half of 2^-16 turn, whatever is streamed."""
        return self._most_turns < 2.0**-17

    @cached_property
    def finer(self) -> float:
        """Steps of the angle in 2^-16 turn, so that half of a cell has 4096 at most, or one."""
        return 2.0 ** max(0, math.floor(math.log2(2.0**12 / (2.0**15 / self.modulus))))

    @property
    def steps_of_turn(self) -> float:
        """Steps of the angle in a turn."""
        return 65536.0 * self.finer

    @cached_property
    def _most_turns(self) -> float:
        """Turns by which a multiplier turns phases at most, whatever is streamed."""
        return float(self.hot[..., :SLOTS].long().abs().sum(-1).max()) * self.turn

    @cached_property
    def tilt_step(self) -> float:
        """Step of the tilts of digits, neper: of multipliers 16 of them add up to 8 bits."""
        heat, (_, _, length) = self.arrays.digits.heat, self.arrays.digits.shape
        # Each digit is rounded, and what heat adds to it.  Rows that heat takes beyond the largest
        # sum are bounded by all that their tilts can do.
        rounded = length * (self.bits.shape[1] + 1) * (0.6 if heat is None else 1.1)
        of_rows = self.ranges[..., 3].amax(1).view(-1, length).sum(-1)
        reach = max(float(of_rows.max()), _LEAST_REACH_NEPER)
        most = _TILT_STEPS * (_MOST_TILT - 0.51 * length)
        return reach / max(most - rounded, _TILT_STEPS)

    @cached_property
    def chain(self) -> Tensor:
        """Codes of streamed mantissas, each by a lesser one and a digit, int32 (n, 3).

        The code of no digits comes first; last stands which mantissa has the code, or -1.  Codes
        that mantissas share, since these are the same residue, come once for each.
        """
        codes = (self.bits << torch.arange(self.bits.shape[1])).sum(-1).tolist()
        found = {0: 0}

        def reach(code: int) -> None:
            if code not in found:
                digit = (code & -code).bit_length() - 1
                reach(code & (code - 1))
                found[code] = digit

        for code in codes:
            reach(code)
        rows = []
        for code, digit in found.items():
            whose = [number for number, other in enumerate(codes) if other == code]
            rows += [(code, digit, number) for number in whose or [-1]]
        return torch.tensor(rows, dtype=torch.int32)

    @cached_property
    def quads(self) -> Tensor:
        """Codes of streamed mantissas, in fours alike in all but two digits, int32 (n, 6).

        Quad q holds the codes 4q ... 4q + 3.  It is made of the quad without the least digit of q,
        which comes before it: q, that digit, and which mantissas have its four codes, or -1.  Codes
        that mantissas share, since these are the same residue, come once for each.
        """
        codes = (self.bits << torch.arange(self.bits.shape[1])).sum(-1).tolist()
        needed = {0}
        for code in codes:
            quad = code >> 2
            while quad:
                needed.add(quad)
                quad &= quad - 1
        rows = []
        for quad in sorted(needed):
            digit = 2 + max((quad & -quad).bit_length() - 1, 0)
            whose = [[n for n, one in enumerate(codes) if one == 4 * quad + i] for i in range(4)]
            for again in range(max(1, *map(len, whose))):
                rows.append([quad, digit, *(n[again] if again < len(n) else -1 for n in whose)])
        return torch.tensor(rows, dtype=torch.int32)

    @cached_property
    def ranges(self) -> Tensor:
        """What each multiplier does at most, float64 (P, V, 4).

        Least and most of the log amplitude of both rails together over that by design; middle and
        reach of the log of the amplitude of rail + over that of rail -.
        """
        return torch.cat([self._ranges_of(part) for part in self.exact.split(_CHUNK)])

    def _ranges_of(self, packed: Tensor) -> Tensor:
        """Those of multipliers (P, V, Q, 8)."""
        step = self.arrays.digits.step
        base, delta = packed[..., 0], packed[..., 1 : 1 + self.bits.shape[1]]
        plus, minus = (
            (base[:, :, q, None] + delta[:, :, q].double() @ self.bits.T.double()) * step[q]
            for q in (0, 1)
        )
        over = plus + minus + 2.0 * _NEPER_PER_DB * self.loss_db
        tilt = plus - minus
        middle, reach = (tilt.amax(-1) + tilt.amin(-1)) / 2, (tilt.amax(-1) - tilt.amin(-1)) / 2
        return torch.stack((over.amin(-1), over.amax(-1), middle, reach), dim=-1)

    @cached_property
    def lines(self) -> Tensor:
        """What each row makes of light, and how far it displaces readings, float64 (L, 40).

        Coefficients of the differences (I, then Q) and of the sums of the diodes, gain and offset
        of the trims; then, of a reading over the amplitude by design, rotation of its phase,
        factor, displacement that turns against it, what each rail adds to I and Q, what is taken
        off; the largest gain; light of rail +, of rail - and of their beat over that by design; and
        turns that all digits of 1 together may add.
        """
        receiver, units, rows = self.receiver, *self.arrays.digits.shape[:2]
        shape = (units * rows,)

        def flat(part: Tensor | None, otherwise: Tensor) -> Tensor:
            """Leading axes first moved last, (L, ...)."""
            found = otherwise.expand(*shape, *otherwise.shape)
            if part is not None:
                found = part.flatten(-2).movedim(-1, 0)
            return found.double()

        on = self.device
        ideal = torch.tensor([[0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, -1.0]], device=on)
        halves = torch.tensor([[0.5, 0.5, 0.0, 0.0]] * 2, device=on)
        # Offsets by pair and part of the common mode, of which there is one or two.
        difference, total = flat(receiver.difference, ideal), flat(receiver.total, halves)
        gain = flat(receiver.trim_gain, ideal.new_ones(2))
        offset = flat(receiver.trim_offset, ideal.new_zeros(2, 1))
        first_w, second_w = receiver.rail_powers_w
        beat_w, sides = math.sqrt(first_w * second_w), math.sqrt(first_w / second_w)
        alpha, beta, real, imag = (gain[:, None] * difference.transpose(1, 2)).unbind(1)
        turning = torch.complex(real[:, 0] - imag[:, 1], real[:, 1] + imag[:, 0]) / 2
        against = torch.complex(real[:, 0] + imag[:, 1], real[:, 1] - imag[:, 0]) / 2
        common = (first_w + second_w) / (2.0 * beat_w)
        half = math.pi / self.modulus
        noise = gain.amax(1).clamp_min(1.0) * (half / math.sin(half))
        light = 2.0 * total.abs() * (beat_w / (first_w + second_w))
        light = torch.stack(
            (light[..., 0] * sides, light[..., 1] / sides, light[..., 2:].norm(dim=-1)), dim=-1
        ).amax(1)
        record = torch.zeros(*shape, LINE, dtype=torch.float64, device=on)
        record[:, :16] = torch.cat((difference, total), 1).flatten(1)
        record[:, 16:18] = gain
        for part in range(offset.shape[2]):
            record[:, 18 + part : 22 : 2] = offset[:, :, part]
        record[:, 22], record[:, 23], record[:, 24] = turning.angle(), turning.abs(), against.abs()
        record[:, 25:27], record[:, 27:29] = alpha * sides, beta / sides
        record[:, 29:31] = offset[:, :, 0] * common
        record[:, 31], record[:, 32:35] = noise, light
        turned = self.exact[:, :, 2, 1:].long()
        turned = torch.maximum(turned.clamp_min(0).sum(-1), -turned.clamp_max(0).sum(-1)).amax(-1)
        record[:, 35] = turned.view(units * rows, -1).sum(-1) * self.turn
        return record

    @cached_property
    def loss_steps(self) -> Tensor:
        """Loss of a multiplier in steps of the grid that losses are on, int64 (X,)."""
        return (self.loss_db / LOSS_STEP_DB).round().long()

    @cached_property
    def class_shift(self) -> int:
        """Bits of a sum of such steps that do not count for the class of a symbol."""
        most = int(self.loss_steps.max()) * self.arrays.digits.shape[2]
        return (most // _MOST_CLASSES).bit_length()

    @cached_property
    def _class_ends_db(self) -> tuple[Tensor, Tensor]:
        """Least and most loss of a rail of the symbols of each class, float64 (C,)."""
        most = int(self.loss_steps.max()) * self.arrays.digits.shape[2]
        classes = torch.arange((most >> self.class_shift) + 1, device=self.device).double()
        width_db = (1 << self.class_shift) * LOSS_STEP_DB
        return classes * width_db, (classes + 1.0) * width_db

    @cached_property
    def class_bounds(self) -> Tensor:
        """Noise, displacement by the converter, over the least amplitude, float64 (C, 2)."""
        receiver, (low, high) = self.receiver, self._class_ends_db
        gain, converter = receiver.gain, receiver.converter
        # More loss makes for less light, a smaller amplitude and full scale.
        first_w, second_w = gain.arriving_w(low)
        full_scale_a = gain.full_scale_of(low)
        noise_a2 = receiver.noise.variance_a2((first_w + second_w) * LIGHT_LIMIT)
        noise_a2 = noise_a2 + (converter.noise_rms * full_scale_a).square()
        displaced = math.sqrt(0.5) * converter.lsb
        if receiver.transitions is not None:
            top = converter.half_range
            steps = torch.arange(1 - top, top, device=self.device)
            off = receiver.transitions - steps.double() * converter.lsb
            displaced += math.sqrt(2.0) * float(off.abs().max())
        amplitude_a = gain.amplitude_a(high)
        return torch.stack((noise_a2.sqrt(), displaced * full_scale_a), -1) / amplitude_a[:, None]

    @cached_property
    def amplitude_limit(self) -> float:
        """Most that an amplitude may exceed that by design without leaving the full scale."""
        gain, converter = self.receiver.gain, self.receiver.converter
        largest = 1.0 / gain.full_scale_ratio
        if gain.per_symbol and gain.steps is not None:
            low, high = self._class_ends_db
            largest = float((gain.amplitude_a(low) / gain.full_scale_of(high)).max())
        return (1.0 - 2.0 * converter.lsb) / largest

    @cached_property
    def class_limits(self) -> Tensor:
        """Least leading byte of a quiet readout, uint8 (C, K); 0 for any, 255 for none.

        A byte of 255 counts as 254: what only that would leave quiet is not.
        """
        half = math.pi / self.modulus
        spare = (torch.arange(BINS, device=self.device).double() / BINS * half).sin()
        noise, displaced = self.class_bounds.unbind(-1)
        radius = (spare - displaced[:, None]) / noise[:, None]
        # Of a leading byte b the word is b/256 or more, and the radius as of that or less.
        chance = (256.0 * (-radius.square() / 2).exp()).ceil().clamp(1, 255)
        chance = chance.masked_fill(radius > LARGEST_RADIUS, 0.0).masked_fill(radius <= 0.0, 255.0)
        return chance.to(torch.uint8).contiguous()

    @cached_property
    def rounding_units(self) -> float:
        """Steps of the angle by which the screen may be off, and those of the laser's phase."""
        laser_rad = LARGEST_RADIUS * max(self.receiver.laser.phase_rms_rad)
        length = self.arrays.digits.shape[2]
        # Digits are rounded to 16ths of a step; turns are worked out in FP32, of 24 bits.
        each = (self.bits.shape[1] + 1) / 32.0 + self._most_turns * 2.0**-22 * self.steps_of_turn
        # What a row begins with is rounded.
        return length * each + 0.6 + laser_rad * self.steps_of_turn / (2.0 * math.pi)
