"""Price of what is electronic: receivers, sums, memory, controller.

Energies of digital units are those that the paper prints for 40 nm; what it does not print is
taken from the survey of Horowitz, "Computing's energy problem", ISSCC 2014,
10.1109/ISSCC.2014.6757323: 0.9 pJ for an addition in FP32, 20 pJ for 64 bits of a memory of 32 KB,
both in 45 nm.
"""

from __future__ import annotations

from devices.light.laser import PAPER
from mirage_core.cost.component import Component
from mirage_core.cost.conversion_parts import conversion_parts
from mirage_core.cost.converter_law import BUILT_OVER_LAW, SPREAD, adc_energy_j
from mirage_core.machine.config import MachineConfig

AMPLIFIER_J_PER_BIT = 57e-15
"""Of a bit through an amplifier: Rakowski, VLSI 2018, as cited by the paper."""
ADC_MM2 = 0.03
ADDITION_J = 0.9e-12
SRAM_J_PER_BYTE = 20e-12 / 8
BYTES = 4
"""Of a number in FP32."""

_HOROWITZ = "Horowitz, ISSCC 2014, 10.1109/ISSCC.2014.6757323"
_SRAM_MM2 = 0.360 * 476.6


def electronic_parts(machine: MachineConfig, clock_hz: float | None = None) -> dict[str, Component]:
    """Components by name; each sums over all moduli, units and rows.

    Args:
        machine: any.
        clock_hz: symbols in a second that the digital units keep up with; the machine's by default.
    """
    return {
        "amplifiers": _amplifiers(machine),
        "gain stages": _gain_stages(machine),
        "ADC": _adc(machine),
        **conversion_parts(machine, machine.design.clock_hz if clock_hz is None else clock_hz),
        "accumulators": _accumulators(),
        "SRAM streams": _sram_streams(),
        "SRAM sums": _sram_sums(),
        "SRAM drives": _sram_drives(),
        "controller": _controller(),
    }


def _receivers(machine: MachineConfig) -> int:
    """Quadratures of all rows of all moduli."""
    return 2 * machine.array.units * machine.array.rows * len(machine.all_moduli.moduli)


def _bits(machine: MachineConfig) -> list[int]:
    """Bits of the converters of each modulus."""
    receiver = machine.design.receiver
    return [receiver.adc(m).bits for m in machine.all_moduli.moduli]


def _amplifiers(machine: MachineConfig) -> Component:
    return Component(
        energy_j=2 * AMPLIFIER_J_PER_BIT * sum(_bits(machine)),
        low=0.5,
        high=4.0,
        node="as cited",
        status="published",
        source=f"57 fJ a bit (Rakowski, VLSI 2018, as cited in {PAPER}), two for each row",
    )


def _gain_stages(machine: MachineConfig) -> Component:
    each_w = 1e-3 if machine.design.receiver.gain == "per-symbol" else 0.0
    return Component(
        power_w=each_w * _receivers(machine),
        low=0.3,
        high=3.0,
        source="assumption: 1 mW each where the gain follows the data, two for each row",
    )


def _adc(machine: MachineConfig) -> Component:
    adcs = [machine.design.receiver.adc(m) for m in machine.all_moduli.moduli]
    return Component(
        energy_j=2 * sum(adc_energy_j(adc.enob) for adc in adcs),
        area_mm2=ADC_MM2 * _receivers(machine),
        low=1.0 / SPREAD,
        high=SPREAD,
        node="survey; area 28 nm",
        status="derived",
        source=f"{BUILT_OVER_LAW} times the law of Murmann, IEEE Trans. VLSI Syst. 29, 3 (2021), "
        "the mean factor of three converters as built; for a dot product two conversions in each "
        f"of {len(adcs)} moduli, {2 * len(adcs)} in all; area of Xu, VLSI 2016",
    )


def _accumulators() -> Component:
    return Component(
        action="sums",
        energy_j=ADDITION_J,
        low=0.5,
        high=2.0,
        node="45 nm",
        status="published",
        source=f"one addition in FP32 for each integer, {_HOROWITZ}",
    )


def _sram_streams() -> Component:
    return Component(
        action="values",
        energy_j=BYTES * SRAM_J_PER_BYTE,
        area_mm2=_SRAM_MM2,
        low=0.25,
        high=2.0,
        node="45 nm; area 40 nm, printed",
        status="published",
        source=f"one number in FP32 for each streamed value, {_HOROWITZ}; a quarter if they are "
        f"kept in block floating point; area as {PAPER}, Fig. 9",
    )


def _sram_sums() -> Component:
    return Component(
        action="moves",
        energy_j=BYTES * SRAM_J_PER_BYTE,
        low=0.1,
        high=2.0,
        node="45 nm",
        status="published",
        source=f"a sum in FP32, written for each integer and read for all but the first of an "
        f"output, {_HOROWITZ}; a tenth if sums stay in registers",
    )


def _sram_drives() -> Component:
    return Component(
        action="drives",
        energy_j=BYTES * SRAM_J_PER_BYTE,
        low=0.25,
        high=2.0,
        node="45 nm",
        status="published",
        source=f"one number in FP32 for each value of a tile, {_HOROWITZ}",
    )


def _controller() -> Component:
    return Component(
        power_w=1.0,
        low=0.1,
        high=5.0,
        source="assumption: a small processor that tracks rows by pilots and sets trimmers",
    )
