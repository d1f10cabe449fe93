"""A fabricated chip: static deviations that belong to physical positions and stay there.

Legend of shapes: U unit, R row, J multiplier in the row, D digit, S rail, Q quadrature.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from circuits.chip.arrays import Converters, ModulusArrays, ThermalDrift, on_first_rail
from circuits.chip.die import index_deviation
from circuits.chip.trims import ReceiverTrim, Trims
from circuits.coding.array_shape import ArrayShape, check_modulus
from circuits.design.circuit import Design
from circuits.design.receiver import ReceiverDesign
from circuits.optics.digit import DigitOptics, DigitStatics, section_m, unit_section
from circuits.optics.heat import ArrayHeat
from circuits.optics.hybrid import Hybrid
from circuits.optics.measured_heat import require_fit
from circuits.optics.section import Section
from circuits.optics.switch_heat import SwitchHeat
from circuits.receiver.by_design import amplitude_error, gain_control
from devices.electronics.dac import Dac
from devices.heat.trimmer import Trimmer
from photonics.checks import instance_of, whole_numbers
from photonics.errors import InputError
from photonics.optics import phasor
from photonics.random import NoiseKey, seed_number
from photonics.representation import one_line


@dataclass(frozen=True)
class FabricatedArrays:
    """What fabrication made of the arrays of one modulus.

    Attributes:
        statics: deviations of the digits, leading axes (U, R, J).
        splitter_db: power of rail + over rail - behind the splitter of each row, over what it
            should be, (U, R).
        hybrid: hybrids of the receivers, leading axes (U, R).
        converters: transitions of the converters, leading axes (U, R); none for linear ones.
        heat: heaters that warm each other; none for shifters without.
    """

    statics: DigitStatics
    splitter_db: Tensor
    hybrid: Hybrid
    converters: Converters | None
    heat: ArrayHeat | None

    __repr__ = one_line


@dataclass(frozen=True, eq=False, repr=False)
class Chip:
    """One instance of a design, for a set of moduli.

    Attributes:
        design: what it was made from.
        shape: size of its arrays.
        seed: which instance.
        fabricated: what fabrication made, for each modulus.
        trims: what a controller has set, for each modulus; empty on a raw chip.
        drifts: temperatures since the trims were set; empty on one that has not drifted.
    """

    design: Design
    shape: ArrayShape
    seed: int
    fabricated: dict[int, FabricatedArrays]
    trims: dict[int, Trims]
    drifts: dict[int, ThermalDrift]

    @property
    def moduli(self) -> tuple[int, ...]:
        """The moduli that the chip has arrays for."""
        return tuple(self.fabricated)

    @property
    def switch_count(self) -> int:
        """Switches of all arrays, two for every digit of a rail that has multipliers."""
        rails = self.design.multiplier.multiplied_rails
        offsets = (arrays.statics.switch_offset for arrays in self.fabricated.values())
        return sum(offset[..., :rails, :, 0].numel() for offset in offsets)

    def arrays(self, modulus: int) -> ModulusArrays:
        """The arrays of one modulus as light meets them, trims and drift included.

        Raises:
            InputError: if the chip has none.
        """
        if modulus not in self.fabricated:
            raise InputError(
                "modulus", modulus, f"the chip has arrays for {sorted(self.fabricated)}"
            )
        made, design = self.fabricated[modulus], self.design
        optics = DigitOptics.of(design.multiplier, modulus, design.laser.wavelength_m)
        split_rad = made.splitter_db.new_tensor(design.rail_splitter.phase_error_rad)
        field = _split(made.splitter_db, *design.rail_powers_w(modulus))
        field = field * phasor(on_first_rail(split_rad))
        arrays = ModulusArrays(
            optics, made.statics, field, made.hybrid, None, made.converters, made.heat
        )
        if modulus in self.trims:
            arrays = _trimmed(arrays, self.trims[modulus], design.calibration.trimmer)
        return self.drifts[modulus].applied(arrays) if modulus in self.drifts else arrays

    def with_design(self, design: Design) -> Chip:
        """This chip with light, receivers' gain and noise of another design.

        Raises:
            InputError: if that design says otherwise of something that was fabricated, or accepts
                no calibration that does less than it should where this chip's accepted any.
        """
        made, wanted = self.design, design
        parts = {
            "multiplier": (made.multiplier, wanted.multiplier),
            "receiver.hybrid": (made.receiver.hybrid, wanted.receiver.hybrid),
            "feed": (made.feed, wanted.feed),
            "rail_splitter": (made.rail_splitter, wanted.rail_splitter),
            "calibration.trimmer": (made.calibration.trimmer, wanted.calibration.trimmer),
        }
        if self.drifts:
            parts["drift"] = (made.drift.at_start, wanted.drift.at_start)
        if any(arrays.converters is not None for arrays in self.fabricated.values()):
            for name in ("adc_extra_bits", "adc_inl_rms_lsb"):
                pair = getattr(made.receiver, name), getattr(wanted.receiver, name)
                parts[f"receiver.{name}"] = pair
        for part, (fabricated, asked) in parts.items():
            if fabricated != asked:
                remedy = f"fabricate a chip of the machine, or give the machine the chip's {part}"
                raise InputError("chip", part, "was fabricated to another design", remedy)
        if self.trims and (made.calibration.accept, wanted.calibration.accept) == ("any", "good"):
            allowed = "was calibrated with calibration.accept=any, which the machine does not take"
            raise InputError("chip", self, allowed, "calibrate it again, or take any")
        return replace(self, design=design)

    def copied(self) -> Chip:
        """A chip of the same numbers that shares no memory with this one."""
        return copy.deepcopy(self)

    def __repr__(self) -> str:
        """Which chip it is, without its numbers."""
        state = "calibrated" if self.trims else "raw"
        state += ", drifted" if self.drifts else ""
        size = f"{self.shape.units} x {self.shape.rows} x {self.shape.length}"
        return f"Chip(moduli={self.moduli}, {size}, seed={self.seed}, {state})"

    def untrimmed(self, modulus: int) -> Trims:
        """Settings of the arrays of a modulus before anything is set."""
        shape, multiplier = self.shape, self.design.multiplier
        digits = multiplier.code(modulus).count
        drives = digits if multiplier.drive == "per-digit" else 1
        gain = gain_control(self.design, modulus, shape.length)
        shares = gain.largest_common_mode.numel()
        return Trims.none((shape.units, shape.rows), shape.length, digits, drives, shares)

    def with_trims(self, trims: dict[int, Trims]) -> Chip:
        """This chip with other settings; drift since the old ones is forgotten."""
        return replace(self, trims=trims, drifts={})


def fabricate(design: Design, moduli: Iterable[int], shape: ArrayShape, seed: int) -> Chip:
    """Make one raw chip: the same seed gives the same chip, whatever else was made before.

    Raises:
        InputError: for moduli out of range or named twice, what is no seed, design or
            shape.
    """
    instance_of("design", design, Design, "a machine has one: machine.design")
    instance_of("shape", shape, ArrayShape, "write ArrayShape(units, rows, length)")
    seed = seed_number("seed", seed)
    moduli = tuple(check_modulus(modulus) for modulus in whole_numbers("moduli", moduli))
    if len(set(moduli)) < len(moduli) or not moduli:
        raise InputError("moduli", moduli, "one array for each modulus, at least one")
    root = NoiseKey.from_seed(seed).fold("chip")
    arrays = {m: _fabricate_arrays(design, m, shape, root.fold(m)) for m in moduli}
    return Chip(design, shape, seed, arrays, {}, {})


def _fabricate_arrays(
    design: Design, modulus: int, shape: ArrayShape, key: NoiseKey
) -> FabricatedArrays:
    places = (shape.units, shape.rows)
    multiplier, receiver = design.multiplier, design.receiver
    splitter_db = design.rail_splitter.deviation_db(key.fold("splitter"), math.prod(places))
    optics = DigitOptics.of(multiplier, modulus, design.laser.wavelength_m)
    size, switches = (*places, shape.length * optics.code.count), SwitchHeat.of(optics)
    require_fit(optics, shape.length)
    rails = multiplier.multiplied_rails
    return FabricatedArrays(
        statics=_fabricate_digits(design, modulus, (*places, shape.length), key),
        splitter_db=splitter_db.reshape(places),
        hybrid=Hybrid.fabricate(receiver.hybrid, places, key.fold("hybrid")),
        converters=_fabricate_converters(receiver, modulus, places, key.fold("converter")),
        heat=ArrayHeat.fabricate(multiplier.laid_out, switches, size, key.fold("heat"), rails),
    )


def _fabricate_digits(
    design: Design, modulus: int, lattice: tuple[int, int, int], key: NoiseKey
) -> DigitStatics:
    multiplier = design.multiplier
    digit_lattice = (*lattice, multiplier.code(modulus).count)
    drive_lattice = digit_lattice if multiplier.drive == "per-digit" else (*lattice, 1)
    converters = (*drive_lattice, multiplier.drives_per_digit)

    def draw(source: str, rms: float, size: tuple[int, ...]) -> Tensor:
        count = math.prod(size)
        return rms * key.fold(source).normal(0, count).reshape(size)

    per_rail = (*digit_lattice, 2)
    common_gain = 0.0 if multiplier.dac is None else multiplier.dac.gain_error
    common = draw("bypass path", multiplier.bypass_phase_rms_rad, digit_lattice)
    light_m, sections_m = design.laser.wavelength_m, section_m(multiplier, modulus)
    rough_rad = torch.tensor([multiplier.static_phase_rms_rad(x) for x in sections_m]).double()
    # What the die does to both paths of a digit, and roughness to each.
    index = index_deviation(multiplier, digit_lattice, key.fold("die"))
    per_index_rad = 2.0 * math.pi / light_m * torch.tensor(sections_m, dtype=torch.float64)
    die_rad = per_index_rad[:, None] * index
    # Readings that find the switches are of as many symbols as all others.
    reads = design.calibration.averages * multiplier.switch.reads
    reading_rms = amplitude_error(design, modulus, lattice[2], reads)
    shifter, bypass = (
        die_rad + rough_rad[:, None] * draw(name, 1.0, per_rail)
        for name in ("shifter path", "bypass path of a rail")
    )
    return DigitStatics(
        shifter_phase_rad=shifter,
        bypass_phase_rad=common[..., None] + bypass,
        drive_gain=draw("drive gain", multiplier.drive_gain_rms, drive_lattice) + common_gain,
        drive_inl=draw("drive inl", multiplier.drive_inl_rms, (*converters, modulus))
        if multiplier.dac is None
        else _converter_inl(multiplier.dac, unit_section(multiplier, modulus), converters, key),
        shifter_gain=draw("shifter gain", multiplier.shifter_gain_rms, per_rail),
        switch_offset=multiplier.switch.offsets(
            key.fold("switches"), digit_lattice, light_m, reading_rms
        ),
    )


def _converter_inl(dac: Dac, section: Section, lattice: tuple[int, ...], key: NoiseKey) -> Tensor:
    """Nonlinearity of converters at the codes of every level, in levels: (..., S or 1, V)."""
    assert section.code is not None
    curves = dac.inls_lsb(key.fold("drive inl"), math.prod(lattice)).reshape(*lattice, -1)
    # Those of both rails have codes of their own.
    places = (section.code.T[: lattice[-1]] + dac.half_range).expand(*lattice, -1)
    off_lsb = curves.gather(-1, places)
    return off_lsb * ((1.0 + dac.gain_error) * dac.lsb_v / section.step)


def _fabricate_converters(
    receiver: ReceiverDesign, modulus: int, places: tuple[int, int], key: NoiseKey
) -> Converters | None:
    if receiver.adc_inl_rms_lsb == 0.0:
        return None
    adc = receiver.adc(modulus)
    each = [adc.transitions(key.fold(i)) for i in range(2 * math.prod(places))]
    return Converters(torch.stack(each).reshape(*places, 2, -1))


def _trimmed(arrays: ModulusArrays, trims: Trims, trimmer: Trimmer) -> ModulusArrays:
    """A arrays with its trims, which warm their next neighbours along the row."""
    statics, rows = arrays.statics, trims.digit_rad.flatten(-2)
    digit_rad = (rows + trimmer.crosstalk_rad(rows)).reshape(trims.digit_rad.shape)
    gain = (1.0 + statics.drive_gain) * (1.0 + trims.drive_gain) - 1.0
    shifter = statics.shifter_phase_rad + on_first_rail(digit_rad)
    return replace(
        arrays,
        statics=replace(statics, shifter_phase_rad=shifter, drive_gain=gain),
        input_field=arrays.input_field * phasor(on_first_rail(trims.row_rad)),
        hybrid=arrays.hybrid.turned(trims.quadrature_rad),
        receiver=ReceiverTrim(trims.gain, trims.offset),
    )


def _split(imbalance_db: Tensor, first_w: float, second_w: float) -> Tensor:
    """Field of each rail over that by design, (..., S): the splitter shifts power, and loses none.

    Args:
        imbalance_db: power of the first rail over the second, over what it should be, (...).
        first_w: power of the first rail by design.
        second_w: power of the second.
    """
    ratio = torch.pow(10.0, imbalance_db / 10.0)
    launched_w = first_w + second_w
    balance = launched_w / (ratio * first_w + second_w)
    return torch.stack((ratio * balance, balance), dim=-1).sqrt()
