"""What the sliders of the explorer set, and the machine that follows from them."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from circuits.coding.array_shape import check_modulus
from mirage_core.arithmetic.moduli_choice import coprime_near
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.machine.config import MachineConfig
from mirage_core.machine.loading import load_machine, preset_names
from photonics.checks import whole_number
from photonics.errors import InputError

Data = Literal["random", "network", "worst"]

START_VARIABLE = "MIRAGE_EXPLORE_PRESET"
"""Environment variable of the machine that the explorer starts from: a preset, or a file."""

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
"""The coupling of a kind of switch: of a ring to its guides, or within its couplers."""

HEATER = "thermo-optic"
"""The kind of phase shifter that has a loss, and none per length."""

_SWITCHES = {"ring": "ring", "mzi": "Mach-Zehnder"}


@dataclass(frozen=True)
class RowSettings:
    """Settings of the explorer.

    Attributes:
        preset: machine that all else is taken from, a preset or a file.
        power_w: laser power of a row of the modulus.
        switch: kind of switch, ``ring``, ``mzi`` or the machine's own.
        coupling: power that crosses a coupler of the switch, a fraction; none where it is measured.
        loss: of a phase shifter: dB/m of its guide, or dB of a heater.
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
    coupling: float | None
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
        """The settings of a machine, for its largest modulus.

        Args:
            preset: a preset, or a file.
            switch: kind of switch to take instead of the machine's, with its default coupling.

        Raises:
            InputError: for a machine that cannot be loaded, or a switch that the explorer does not
                know.
        """
        machine, values = load_preset(preset), _preset_values(preset)
        design, modulus = machine.design, max(machine.moduli)
        own = values["multiplier.switch.kind"]
        kind = own if switch is None else _switch_kind(switch, own)
        fitted = _values(machine.changed({"multiplier.switch.kind": kind}))
        return cls(
            preset=preset,
            power_w=design.row_power_w(modulus),
            switch=kind,
            coupling=fitted.get(COUPLINGS.get(kind, "")),
            loss=values[_loss_name(preset)],
            rin_db_per_hz=design.laser.rin_db_per_hz,
            # What the controller of a machine leaves, see circuits.control.oracle.
            static_error_rad=1.6e-3,
            adc_extra_bits=design.receiver.adc_extra_bits,
            modulus=modulus,
            group_size=machine.bfp.group_size,
            chip_seed=machine.chip_seed,
        )

    @property
    def shifter(self) -> str:
        """Kind of the machine's phase shifter."""
        return str(_preset_values(self.preset)["multiplier.shifter.kind"])

    def machine(self) -> MachineConfig:
        """The machine with all that the settings change.

        Raises:
            InputError: for a setting that no machine can have, such as one that leaves no light.
        """
        return load_preset(self.preset).changed(self.changes(), source="set in the explorer")

    def changes(self) -> dict[str, Any]:
        """What the settings change of the machine, by dotted name."""
        base, modulus = load_preset(self.preset), check_modulus(self.modulus)
        group = whole_number("group_size", self.group_size, least=1)
        limit = base.bfp.changed({"group_size": group}).max_dot
        switch = _switch_kind(self.switch, _preset_values(self.preset)["multiplier.switch.kind"])
        moduli = moduli_with(modulus, base.moduli, limit)
        coupled = {} if self.coupling is None else {COUPLINGS[switch]: self.coupling}
        return {
            "multiplier.switch.kind": switch,
            **coupled,
            _loss_name(self.preset): self.loss,
            **self._powers(base, moduli),
            "laser.rin_db_per_hz": self.rin_db_per_hz,
            "receiver.adc_extra_bits": self.adc_extra_bits,
            "bfp.group_size": group,
            "moduli": moduli,
            "chip_seed": self.chip_seed,
        }

    def _powers(self, base: MachineConfig, moduli: tuple[int, ...]) -> dict[str, Any]:
        """Laser power of all moduli, or of the row's own where the machine gives each its own."""
        given = base.design.modulus_power_w
        if not given:
            return {"laser.power_w": self.power_w}
        every = base.redundancy.all_moduli(ModuliSet(moduli)).moduli
        powers_w = {m: power_w for m, power_w in given.items() if m in every}
        if self.power_w != base.design.row_power_w(self.modulus):
            powers_w[self.modulus] = self.power_w
        if powers_w == given:
            return {}
        # A table alone would leave the moduli that there are no longer.
        named = {f"modulus_power_w.{m}": power_w for m, power_w in powers_w.items()}
        return {"modulus_power_w": "none", **named}


@cache
def load_preset(name: str) -> MachineConfig:
    """A preset or a file, read once."""
    return load_machine(name)


@cache
def _preset_values(name: str) -> dict[str, Any]:
    return _values(load_preset(name))


def _values(machine: MachineConfig) -> dict[str, Any]:
    """Values of all parameters by their dotted names."""
    return {leaf.name: leaf.value for leaf in machine.parameters()}


def start() -> str:
    """The machine that the explorer starts from."""
    return os.environ.get(START_VARIABLE, "robust")


def machines() -> dict[str, str]:
    """Machines that are offered by what they are called: all presets, and the one to start from."""
    return {Path(each).name: each for each in (*preset_names(), start())}


def switches(preset: str) -> dict[str, str]:
    """Kinds of switch that a machine may have, by what they are called, its own first."""
    own = str(_preset_values(preset)["multiplier.switch.kind"])
    return {_SWITCHES.get(kind, kind): kind for kind in dict.fromkeys((own, *_SWITCHES))}


def command(settings: RowSettings) -> str:
    """The machine of some settings on the command line, without what they leave as it was."""
    base = _preset_values(settings.preset)
    changed = {n: v for n, v in settings.changes().items() if base.get(n) != v}
    typed = [
        f"{name}={list(value) if isinstance(value, tuple) else value}"
        for name, value in changed.items()
    ]
    words = [f"mirage show budget {shlex.quote(settings.preset)}"]
    return " \\\n    ".join(words + [f"--set {shlex.quote(each)}" for each in typed])


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


def _switch_kind(kind: str, own: str) -> str:
    allowed = dict.fromkeys((*COUPLINGS, own))
    if kind not in allowed:
        raise InputError("switch", kind, f"must be one of {', '.join(allowed)}")
    return kind


def _loss_name(preset: str) -> str:
    """The loss of the phase shifter of a machine."""
    heater = _preset_values(preset)["multiplier.shifter.kind"] == HEATER
    return f"multiplier.shifter.{'insertion_loss_db' if heater else 'loss_db_per_m'}"
