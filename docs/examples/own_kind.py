"""A switch with physics of your own: a coupler of two guides whose gap a beam opens.

Every command knows the kind if it is called through this file:
python docs/examples/own_kind.py show budget robust --set multiplier.switch.kind=gap
"""

import math
import sys
from typing import ClassVar, Literal, NamedTuple

from torch import Tensor

from circuits import LinkBudget
from devices import Switch, quantity
from mirage_core import load_machine
from photonics import NoiseKey, SwitchFields


class GapNumbers(NamedTuple):
    """The coupler in one of its states, as plain numbers."""

    angle_rad: float

    def fields(self, offset: Tensor) -> SwitchFields:
        """To the straight and the coupled path, of couplers whose angles are off by (..., 1)."""
        angle_rad = self.angle_rad + offset[..., 0]
        return SwitchFields(angle_rad.cos() + 0j, 1j * angle_rad.sin())


class GapSwitch(Switch):
    """Light crosses a closed gap, and passes an open one; unbiased it is closed."""

    offset_unit: ClassVar[str] = "rad"
    kind: Literal["gap"] = quantity("gap", "kind of switch", source="by definition")
    open_rad: float = quantity(0.01, "angle of an open gap", source="assumption", ge=0, lt=1.5)
    spread_rad: float = quantity(0.03, "rms of angles as made", source="assumption", ge=0, le=1)
    group_index: float = quantity(4.2, "group index", source="assumption", gt=1, le=20)
    guide_m: ClassVar[float] = 60e-6

    @property
    def swing(self) -> float:
        """How far the bias turns."""
        return math.pi / 2 - self.open_rad

    def numbers(self, wavelength_m: float, *, coupled: bool) -> GapNumbers:
        """Closed, or open under its bias."""
        return GapNumbers(math.pi / 2 if coupled else self.open_rad)

    def offset_per_k(self, wavelength_m: float) -> float:
        """How far a kelvin turns."""
        return 1e-4

    def trimmed(self, key: NoiseKey, lattice: tuple[int, ...], *_: float) -> Tensor:
        """As made, for nothing trims it: of each digit on two rails, two switches each."""
        shape = (*lattice, 2, 2)
        return self.spread_rad * key.normal(0, math.prod(shape)).reshape(shape)


if len(sys.argv) > 1 and __name__ == "__main__":
    from studies.cli.main import main

    main()
else:
    for kind in ("ring", "gap"):
        design = load_machine("robust", {"multiplier.switch.kind": kind}).design
        print(f"{kind}: {LinkBudget(design, 33, 16).worst().rail_loss_db:.1f} dB on the worst way")
