"""What a circuit needs of an optical switch, whatever its kind.

A digit of a multiplier has a straight path and a coupled one between two switches.  Without a bias
a switch sends light to the coupled path, with its full bias to the straight one.  How far a switch
is from its design are one or more numbers, its deviation: the first is in a unit of the kind's own
and is what heat, drift and trimming move; the others are as fabricated.

A controller finds where a switch stands by the light that it lets through, read a while to either
side of the middle, and sets its trimmer by that.

Legend of shapes: U unit, R row, J multiplier, D digit, S rail, E switch of a digit, K component of
the deviation; ``...`` broadcasts.
"""

from __future__ import annotations

import itertools
import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

import torch
from torch import Tensor

from devices.parameters.part import Part
from photonics.errors import InputError
from photonics.random import NoiseKey
from photonics.rings import RingCavity
from photonics.switching import SwitchFields, SwitchNumbers
from photonics.thermal import SILICON_INDEX_PER_K

# Change of a deviation, over the way between the states, by which its slope is found.
_SLOPE = 1e-6
# Gauss-Hermite quadrature of three points: distance in rms, and weight.
_NODES = ((0.0, 2.0 / 3.0), (3.0**0.5, 1.0 / 6.0), (-(3.0**0.5), 1.0 / 6.0))


class IdealLimits(NamedTuple):
    """Settings within a switch at which what is imperfect about it vanishes.

    Attributes:
        trimmed: at which no deviation of it turns the light of the intended path.
        leak: at which no light takes the wrong path.
        remedy: fields that make it leak less.
    """

    trimmed: tuple[str, ...]
    leak: tuple[str, ...]
    remedy: str


class Switch(Part, ABC):
    """A 2x2 switch.

    A kind of its own is a subclass with a ``kind`` of its own, a literal: machines take it by that
    name.
    """

    offset_unit: ClassVar[str]
    """Unit of the first deviation: "m" or "rad"."""
    limits: ClassVar[IdealLimits] = IdealLimits((), (), "multiplier.switch")
    """Where its imperfections vanish."""

    if TYPE_CHECKING:
        group_index: float

    @property
    @abstractmethod
    def guide_m(self) -> float:
        """Length of guide that a switch adds to a path."""

    @abstractmethod
    def numbers(self, wavelength_m: float, *, coupled: bool) -> SwitchNumbers:
        """The unbiased state (``coupled``) or the biased one as plain numbers."""

    @property
    def made_rms(self) -> tuple[float, ...]:
        """Rms of the deviations that stay as fabricated, (K - 1,); none by default."""
        return ()

    @abstractmethod
    def trimmed(
        self, key: NoiseKey, lattice: tuple[int, ...], wavelength_m: float, reading_rms: float
    ) -> Tensor:
        """First deviations that trimming leaves, float64 (*lattice, S, E).

        Args:
            key: of what is fabricated and read.
            lattice: how many digits there are, (U, R, J, D).
            wavelength_m: vacuum wavelength.
            reading_rms: rms error of an averaged reading of an amplitude, over that with the
                switch where it should be.
        """

    @property
    @abstractmethod
    def swing(self) -> float:
        """How far the bias moves the first deviation."""

    @abstractmethod
    def offset_per_k(self, wavelength_m: float) -> float:
        """How far a kelvin of the die moves the first deviation."""

    def near_offset_per_k(self, wavelength_m: float, heated_m: float) -> float:
        """How far a kelvin from a heater so long beside it does; by default as the die's.

        Args:
            wavelength_m: vacuum wavelength.
            heated_m: length of guide that the heater warms.
        """
        return self.offset_per_k(wavelength_m)

    @property
    def index_per_k(self) -> float:
        """dn/dT of its guide; that of silicon by default."""
        return SILICON_INDEX_PER_K

    def check(self, wavelength_m: float) -> None:
        """Refuse what cannot be at a wavelength.

        Raises:
            InputError: naming a field of the switch.
        """

    @property
    def reads(self) -> int:
        """Readings at either side of the middle that are averaged to find it; one by default."""
        return 1

    @property
    def components(self) -> int:
        """Numbers K of the deviation."""
        return 1 + len(self.made_rms)

    def offsets(
        self, key: NoiseKey, lattice: tuple[int, ...], wavelength_m: float, reading_rms: float
    ) -> Tensor:
        """Deviations of switches, trimmed, float64 (*lattice, S, E, K); see :meth:`trimmed`.

        Raises:
            InputError: for a kind that trims switches of another shape.
        """
        first = self.trimmed(key.fold("trimmed"), lattice, wavelength_m, reading_rms)
        if first.shape != (*lattice, 2, 2):
            wanted = f"must be of shape {(*lattice, 2, 2)}: two rails, two switches of a digit"
            raise InputError(f"{type(self).__name__}.trimmed", tuple(first.shape), wanted)
        shape = (*first.shape, len(self.made_rms))
        made = key.fold("made").normal(0, math.prod(shape)).reshape(shape)
        rms = torch.tensor(self.made_rms, dtype=torch.float64)
        return torch.cat((first.unsqueeze(-1), made * rms), dim=-1)

    def fields(self, offset: Tensor, wavelength_m: float, *, coupled: bool) -> SwitchFields:
        """Field transmission to both paths at deviations (..., K), complex128 (...)."""
        return self.numbers(wavelength_m, coupled=coupled).fields(offset)

    def state(self, wavelength_m: float, *, coupled: bool) -> SwitchFields:
        """Field transmission to both paths as designed, each a scalar tensor."""
        return self.fields(self._as_designed, wavelength_m, coupled=coupled)

    def powers(self, wavelength_m: float, *, coupled: bool) -> tuple[float, float]:
        """Mean power to the straight and to the coupled path over what is as fabricated.

        The first deviation, which is trimmed, is left at zero.
        """
        numbers = self.numbers(wavelength_m, coupled=coupled)
        straight = crossed = 0.0
        for nodes in itertools.product(_NODES, repeat=len(self.made_rms)):
            offset, weight = self._as_designed, 1.0
            for place, (distance, part) in enumerate(nodes):
                offset[place + 1] = distance * self.made_rms[place]
                weight *= part
            to_straight, to_coupled = numbers.fields(offset)
            straight += weight * abs(complex(to_straight)) ** 2
            crossed += weight * abs(complex(to_coupled)) ** 2
        return straight, crossed

    def mean_leak(self, wavelength_m: float, *, coupled: bool) -> complex:
        """Mean of the field that goes astray over the one that does not, as :meth:`powers`."""
        numbers = self.numbers(wavelength_m, coupled=coupled)
        mean = 0.0 + 0.0j
        for nodes in itertools.product(_NODES, repeat=len(self.made_rms)):
            offset, weight = self._as_designed, 1.0
            for place, (distance, part) in enumerate(nodes):
                offset[place + 1] = distance * self.made_rms[place]
                weight *= part
            straight, crossed = numbers.fields(offset)
            ratio = straight / crossed if coupled else crossed / straight
            mean += weight * complex(ratio)
        return mean

    def slope_rad(self, wavelength_m: float, *, coupled: bool) -> float:
        """Phase of the light on its intended path per first deviation."""
        step = _SLOPE * self.swing
        offset = self._as_designed.repeat(2, 1)
        offset[0, 0], offset[1, 0] = step, -step
        straight, crossed = self.fields(offset, wavelength_m, coupled=coupled)
        up, down = crossed if coupled else straight
        return float((up / down).angle()) / (2.0 * step)

    def delay_s(self, wavelength_m: float, *, coupled: bool) -> float:
        """Delay of the light on its intended path beyond that of the guide; none by default."""
        return 0.0

    def cavity(self, wavelength_m: float) -> RingCavity | None:
        """The resonator in its coupled state; none for switches without one."""
        return None

    def leaking_least(self, wavelength_m: float) -> Self:
        """This switch at the bias where least light takes the wrong path; by default its own."""
        return self

    def bias_v(self, wavelength_m: float) -> float | None:
        """Voltage from one state to the other; none by default, for what is not driven by one."""
        return None

    def trimmer_power_w(self, count: int) -> float:
        """Mean power in W of the trimmers of so many switches; 0 for kinds without any."""
        return 0.0

    @property
    def trimmer_area_m2(self) -> float:
        """Area in m² of its trimmer; 0 for kinds without one."""
        return 0.0

    def hold_power_w(self, *, coupled: bool) -> float:
        """Electrical power in W that holds a state, trimmers as they are on average.

        0 by default, of kinds that do not know it.
        """
        return 0.0

    def change_energy_j(self, wavelength_m: float) -> float:
        """Energy in J that becomes heat when the state changes; 0 for kinds that do not know it."""
        return 0.0

    @property
    def area_m2(self) -> float:
        """Area in m², trimmers included; 0 for kinds that do not know it."""
        return 0.0

    def settling_s(self, tolerance: float) -> float:
        """Time in which the switch follows its bias to a fraction; none by default."""
        return 0.0

    def time_step_s(self) -> float:
        """Step of :meth:`transient`.

        Raises:
            InputError: for kinds without a model in time.
        """
        raise self._timeless

    def transient(
        self,
        wavelength_m: float,
        bias: Tensor,
        offset: Tensor,
        entering: Tensor,
        adding: Tensor | None = None,
    ) -> SwitchFields:
        """Fields to both paths while the bias changes, in steps of :meth:`time_step_s`.

        Args:
            wavelength_m: vacuum wavelength.
            bias: share of the full bias at each step, (..., T).
            offset: deviation of this switch, (..., 1, K) or (..., T, K).
            entering: field that comes in, or from the straight path, complex128 (..., T).
            adding: field from the coupled path, none for no light.

        Raises:
            InputError: for kinds without a model in time.
        """
        raise self._timeless

    @property
    def _timeless(self) -> InputError:
        kind = getattr(self, "kind", type(self).__name__)
        return InputError("multiplier.switch", kind, "has no model in time", "take kind ring")

    @property
    def _as_designed(self) -> Tensor:
        return torch.zeros(self.components, dtype=torch.float64)
