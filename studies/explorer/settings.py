"""What the sliders of the explorer set, and the machine that follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from circuits.coding.array_shape import check_modulus
from mirage_core.arithmetic.moduli_choice import coprime_near
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.machine.config import MachineConfig
from mirage_core.machine.loading import load_machine
from photonics.checks import whole_number
from photonics.errors import InputError

Data = Literal["random", "network", "worst"]

PRESETS = ("robust", "isca2024", "thermo-optic")
"""Machines that the explorer starts from; others are at a limit that no slider reaches."""

DATA: dict[str, Data] = {
    "random residues": "random",
    "a network that learns": "network",
    "worst case": "worst",
}
"""What may be streamed, in words."""

COUPLINGS = {
    "ring": "multiplier.switch.coupling_power",
    "mzi": "multiplier.switch.coupler.cross_power",
}
"""The coupling of each kind of switch: of a ring to its guides, or within its couplers."""

LOSSES = {
    "linear": "multiplier.shifter.loss_db_per_m",
    "noems": "multiplier.shifter.loss_db_per_m",
    "thermo-optic": "multiplier.shifter.insertion_loss_db",
}
"""The loss of each kind of shifter."""


@dataclass(frozen=True)
class RowSettings:
    """Settings of the explorer.

    Attributes:
        preset: machine that all else is taken from, one of ``PRESETS``.
        power_w: laser power of a dot-product unit.
        switch: kind of switch, ``ring`` or ``mzi``.
        coupling: power that crosses a coupler of the switch, a fraction.
        loss: of a phase shifter: dB/m of its guide, or dB of one that has no loss per length; see
            ``LOSSES``.
        rin_db_per_hz: relative intensity noise of the laser.
        static_error_rad: rms phase that calibration leaves on every digit.
        adc_extra_bits: converter bits beyond the digits of a residue.
        modulus: m.
        group_size: multipliers in the row.
        data: what is streamed: ``random`` residues, inputs of a ``network`` that learns, or the
            lossiest residue over and over (``worst``).
        chip_seed: which chip is made.
    """

    preset: str
    power_w: float
    switch: str
    coupling: float
    loss: float
    rin_db_per_hz: float
    static_error_rad: float
    adc_extra_bits: int
    modulus: int
    group_size: int
    data: Data = "random"
    chip_seed: int = 0

    @classmethod
    def of(cls, preset: str, switch: str | None = None) -> RowSettings:
        """The settings of a preset, for its largest modulus.

        Args:
            preset: one of ``PRESETS``.
            switch: kind of switch to take instead of the preset's, with its default coupling.

        Raises:
            InputError: for another preset, or a switch that the explorer does not know.
        """
        if preset not in PRESETS:
            raise InputError("preset", preset, f"must be one of {', '.join(PRESETS)}")
        machine, values = load_preset(preset), _preset_values(preset)
        design = machine.design
        kind = _switch_kind(values["multiplier.switch.kind"] if switch is None else switch)
        fitted = _values(machine.changed({"multiplier.switch.kind": kind}))
        return cls(
            preset=preset,
            power_w=design.laser.power_w,
            switch=kind,
            coupling=float(fitted[COUPLINGS[kind]]),
            loss=float(values[LOSSES[values["multiplier.shifter.kind"]]]),
            rin_db_per_hz=design.laser.rin_db_per_hz,
            # What the controller of a machine leaves, see circuits.control.oracle.
            static_error_rad=1.6e-3,
            adc_extra_bits=design.receiver.adc_extra_bits,
            modulus=max(machine.moduli),
            group_size=machine.bfp.group_size,
        )

    @property
    def shifter(self) -> str:
        """Kind of the preset's phase shifter."""
        return str(_preset_values(self.preset)["multiplier.shifter.kind"])

    def machine(self) -> MachineConfig:
        """The machine with all that the settings change.

        Raises:
            InputError: for a setting that no machine can have, such as one that leaves no light.
        """
        return load_preset(self.preset).changed(self.changes(), source="set in the explorer")

    def changes(self) -> dict[str, Any]:
        """What the settings change of the preset, by dotted name."""
        base, modulus = load_preset(self.preset), check_modulus(self.modulus)
        group = whole_number("group_size", self.group_size, least=1)
        limit = base.bfp.changed({"group_size": group}).max_dot
        switch = _switch_kind(self.switch)
        return {
            "multiplier.switch.kind": switch,
            COUPLINGS[switch]: self.coupling,
            LOSSES[self.shifter]: self.loss,
            "laser.power_w": self.power_w,
            "laser.rin_db_per_hz": self.rin_db_per_hz,
            "receiver.adc_extra_bits": self.adc_extra_bits,
            "bfp.group_size": group,
            "moduli": moduli_with(modulus, base.moduli, limit),
            "chip_seed": self.chip_seed,
        }


def overrides(settings: RowSettings) -> list[str]:
    """What settings change of their preset, as ``--set`` takes it; what they leave is left out."""
    base = _preset_values(settings.preset)
    changed = {n: v for n, v in settings.changes().items() if base.get(n) != v}
    return [
        f'"moduli={list(value)}"' if name == "moduli" else f"{name}={value}"
        for name, value in changed.items()
    ]


@cache
def load_preset(name: str) -> MachineConfig:
    """A preset, read once."""
    return load_machine(name)


@cache
def _preset_values(name: str) -> dict[str, Any]:
    return _values(load_preset(name))


def _values(machine: MachineConfig) -> dict[str, Any]:
    """Values of all parameters by their dotted names."""
    return {leaf.name: leaf.value for leaf in machine.parameters()}


def moduli_with(modulus: int, near: tuple[int, ...], limit: int) -> tuple[int, ...]:
    """A set of moduli with a given one in it that holds integers up to a limit of either sign.

    Args:
        modulus: that is in it.
        near: set that it is close to: this very set where that does.
        limit: largest magnitude of an integer.
    """
    others = sorted(near, key=lambda m: abs(m - modulus))[1:]
    found = (modulus, *coprime_near(others, beside=(modulus,)))
    while ModuliSet(found).max_magnitude < limit:
        found = (*found, *coprime_near((max(found) + 1,), beside=found))
    return tuple(sorted(found))


def _switch_kind(kind: str) -> str:
    if kind not in COUPLINGS:
        raise InputError("switch", kind, f"must be one of {', '.join(COUPLINGS)}")
    return kind
