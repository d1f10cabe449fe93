"""What a circuit needs of a phase shifter, whatever its kind.

A circuit gives each digit sections of one shifter, one after the other on a common drive; a longer
digit has more of them.  It asks a kind for a section whose phases span what it needs, for the phase
and the loss at a drive, and for the time that a new drive takes; a cost model asks for the power
that holds a drive, the energy of a change, and the area.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Self

import torch
from torch import Tensor

from devices.parameters.part import Part, quantity
from photonics.carriers import shifted_field
from photonics.thermal import SILICON_INDEX_PER_K


class Shifter(Part, ABC):
    """A driven phase shifter; tensors of any shape in, float64 out.

    A kind of its own is a subclass with a ``kind`` of its own, a literal: machines take it by that
    name.
    """

    drive_unit: ClassVar[str]
    """Unit of the drive: "V" or "A"."""
    heats: ClassVar[bool] = True
    """Whether it may warm what is near by as it turns; not so of charges, beams and carriers."""

    width_m: float = quantity(
        50e-6,
        "width of chip that it takes, with what keeps it apart from the next one",
        source="assumption: heater pitch",
        gt=0,
        le=1,
    )

    if TYPE_CHECKING:
        length_m: float

    @property
    @abstractmethod
    def drive_range(self) -> tuple[float, float]:
        """Least and greatest drive between which the phase rises or falls steadily."""

    @property
    @abstractmethod
    def phase_range_rad(self) -> tuple[float, float]:
        """Least and greatest phase in rad that a drive can reach."""

    @abstractmethod
    def phase_rad(self, drive: Tensor | float) -> Tensor:
        """Phase in rad at a drive; :class:`InputError` outside the range of the drive."""

    @abstractmethod
    def drive(self, phase_rad: Tensor | float) -> Tensor:
        """Drive for a phase, the inverse of ``phase_rad``; refused outside the range."""

    @abstractmethod
    def loss_db(self, phase_rad: Tensor | float = 0.0) -> Tensor:
        """Insertion loss in dB at a phase: residual amplitude modulation included."""

    @abstractmethod
    def settling_rad(self, time_s: Tensor | float, start_rad: float, end_rad: float) -> Tensor:
        """Phase in rad at a time after the drive stepped from one set-point to another."""

    @abstractmethod
    def settling_s(self, tolerance: float) -> float:
        """Time in s after which a step of phase stays within a fraction of its size."""

    @abstractmethod
    def spanning(self, width_rad: float) -> Self:
        """This shifter with a range of phases so wide, and no longer than that takes.

        Raises:
            InputError: if none of this kind has.
        """

    @property
    def index_per_k(self) -> float:
        """dn/dT of its guide; that of silicon by default."""
        return SILICON_INDEX_PER_K

    @property
    def motion_rad2_per_m(self) -> float:
        """Variance of the phase by thermal motion, in rad² for a metre; none by default."""
        return 0.0

    def hold_power_w(self, drive: Tensor | float) -> Tensor:
        """Electrical power in W that holds a drive; by default none, as of a charged electrode."""
        return torch.zeros_like(torch.as_tensor(drive, dtype=torch.float64))

    def charge_c(self, drive: Tensor | float) -> Tensor:
        """Charge in C that its driver puts on it at a drive.

        None by default: of a resistor, and of kinds that do not know their capacitance.
        """
        return torch.zeros_like(torch.as_tensor(drive, dtype=torch.float64))

    def bias_v(self, drive: Tensor | float) -> Tensor:
        """Voltage in V at a drive: by default the drive itself."""
        return torch.as_tensor(drive, dtype=torch.float64)

    def change_energy_j(self, before: Tensor | float, after: Tensor | float) -> Tensor:
        """Energy in J that becomes heat in its driver when a drive changes: ½ |ΔQ ΔV|.

        Exact for a constant capacitance behind a resistor; in the mean of both ways for others.
        What holding a drive takes is not counted.
        """
        charge_c = self.charge_c(after) - self.charge_c(before)
        return 0.5 * (charge_c * (self.bias_v(after) - self.bias_v(before))).abs()

    @property
    def area_m2(self) -> float:
        """Area in m²: length times width."""
        return self.length_m * self.width_m

    @property
    def phase_width_rad(self) -> float:
        """Width of the range of phases."""
        low, high = self.phase_range_rad
        return high - low

    def transmission(self, drive: Tensor | float) -> Tensor:
        """Complex field transmission at a drive, ``10^(-loss/20) exp(+iφ)``."""
        phase = self.phase_rad(drive)
        return shifted_field(phase, self.loss_db(phase))
