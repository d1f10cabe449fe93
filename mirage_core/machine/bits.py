"""A machine on the same chip with mantissas of other bits."""

from __future__ import annotations

from mirage_core.arithmetic.moduli_range import RangeReport
from mirage_core.machine.config import MachineConfig
from photonics.checks import whole_number
from photonics.errors import InputError


def machine_with_bits(machine: MachineConfig, bits: int) -> MachineConfig:
    """The machine with mantissas of so many bits; chip, moduli, groups and readouts are the same.

    The check for impossible integers follows the bits: with fewer of them fewer integers are
    legal, and more errors are noticed.

    Args:
        machine: the machine as it was fabricated.
        bits: of the magnitude of a mantissa, more or fewer than its own.

    Raises:
        InputError: if the dot product of a group would not fit the range of the moduli (eq. 13 of
            arXiv 2311.17323, in the exact form of :class:`RangeReport`), with the most bits that
            do; or if the redundancy of the machine cannot do what it is asked for.
    """
    bits, moduli = whole_number("mantissa_bits", bits, least=1), machine.moduli_set
    most = _largest_bits(machine)
    if bits > most:
        range_bits = moduli.range_of(machine.bfp).bits
        raise InputError(
            "mantissa_bits",
            bits,
            f"must be at most {most} with the moduli {moduli.moduli} (log2 M = {range_bits:.2f}) "
            f"and groups of {machine.bfp.group_size}",
            "name or fabricate another machine, and price it as such",
        )
    return machine.changed({"bfp.mantissa_bits": bits})


def _largest_bits(machine: MachineConfig) -> int:
    """Most bits whose dot products fit the moduli; at least those of the machine itself."""
    bits, product = machine.bfp.mantissa_bits, machine.moduli_set.product
    while RangeReport(product, machine.bfp.changed({"mantissa_bits": bits + 1})).fits:
        bits += 1
    return bits
