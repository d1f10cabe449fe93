"""Every claim about the emulator, once: ``mirage verify`` checks them all, and so do the tests.

To claim something more is to add it to :data:`CLAIMS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Literal, TypeVar, get_args

from mirage_core.machine.config import MachineConfig
from studies.verification import (
    chips,
    error_rates,
    integers,
    predicted_rates,
    receiver_statistics,
    rows,
    tails,
)
from studies.verification.check import Check, Finding
from studies.verification.equivalence import MACHINES, equivalence
from studies.verification.outside_reference import outside_reference
from studies.verification.phase_law import phase_law
from studies.verification.sampling import LIT
from studies.verification.sax_reference import sax_reference

Depth = Literal["quick", "default", "full"]
"""How many cases are tried: half a minute, minutes, or an hour for all claims together.

On a healthy build every one of them decides whatever it tries."""

DEPTHS: tuple[Depth, ...] = get_args(Depth)

T = TypeVar("T")


@dataclass(frozen=True)
class Claim:
    """Something that is said of the emulator, and how to find out.

    The p-values of all claims of a run are tested together, by Holm's procedure.

    Attributes:
        name: for people, and unique.
        says: what holds.
        check: finds out for a machine: exact claims are of the machine itself, the others of its
            moduli and mantissas.
        needs: a package without which the claim is skipped; empty if none.
        least: the depth from which on it is checked.
    """

    name: str
    says: str
    check: Callable[[MachineConfig, Depth], Finding]
    needs: str = ""
    least: Depth = "quick"

    def find_out(self, machine: MachineConfig, depth: Depth) -> Finding:
        """Check it, or say why not."""
        if self.needs and find_spec(self.needs) is None:
            return Finding([Check(self.name, 0, skipped=f"{self.needs} is not installed")])
        return self.check(machine, depth)


def claims_at(depth: Depth) -> list[Claim]:
    """Claims that are checked at a depth."""
    return [c for c in CLAIMS if DEPTHS.index(c.least) <= DEPTHS.index(depth)]


def _at(depth: Depth, quick: T, default: T, full: T) -> T:
    return {"quick": quick, "default": default, "full": full}[depth]


def _exact(machine: MachineConfig, depth: Depth) -> Finding:
    dots, edge = _at(depth, (2000, 32), (1_000_000, 1000), (10_000_000, 1000))
    return integers.exact(machine, dots, edge)


def _ideal(moduli: tuple[int, ...], bits: int, machine: MachineConfig, depth: Depth) -> Finding:
    if moduli == machine.moduli:
        reason = "it is the machine's own set"
        return Finding([Check(f"ideal limit {integers.set_name(moduli)}", 0, skipped=reason)])
    dots = _at(depth, 1000, 250_000, 10_000_000)
    return integers.ideal_limit(machine, moduli, bits, dots)


def _receiver(fidelity: str, machine: MachineConfig, depth: Depth) -> Finding:
    readouts = _at(depth, 20_000, 200_000, 1_000_000)
    return receiver_statistics.every_source(machine, fidelity, readouts)


def _rows(fidelity: str, machine: MachineConfig, depth: Depth) -> Finding:
    return rows.every_source(machine, fidelity, _at(depth, 10_000, 200_000, 1_000_000))


def _error_rates(source: str, machine: MachineConfig, depth: Depth) -> Finding:
    if depth == "quick":
        rates: error_rates.Rates = {"compact": (1e-1, 1e-2), "field": (1e-1,)}
    else:
        rates = error_rates.rates_of(source, depth == "full")
    return error_rates.error_rates(machine, source, rates)


def _predicted(preset: str, machine: MachineConfig, depth: Depth) -> Finding:
    return predicted_rates.predicted_rates(machine, preset, _at(depth, 4, 8, 32))


def _equivalence(name: str, machine: MachineConfig, depth: Depth) -> Finding:
    return equivalence(machine, name, _at(depth, 24_576, 32_768, 131_072))


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "exact integers",
        "without noise, every product of residues and every dot product in light is exact",
        _exact,
    ),
    *(
        Claim(
            f"ideal limit {integers.set_name(moduli)}",
            "dot products of other sets of moduli are exact in the ideal limit",
            partial(_ideal, moduli, bits),
        )
        for moduli, bits in integers.IDEAL_SETS
    ),
    *(
        Claim(
            f"receiver statistics, {fidelity}",
            "mean and variance of I and Q are those of each source of noise, alone",
            partial(_receiver, fidelity),
        )
        for fidelity in LIT
    ),
    *(
        Claim(
            f"rows, {fidelity}",
            "rows of one symbol share the noise of the laser and no other",
            partial(_rows, fidelity),
        )
        for fidelity in LIT
    ),
    Claim(
        "law of the phase",
        "in white noise the phase has the exact law of a noisy phasor",
        lambda machine, depth: phase_law(machine, _at(depth, 1024, 8192, 32_768)),
    ),
    *(
        Claim(
            f"error rates, {source}",
            "residues err as often as theory says of each source of noise, alone",
            partial(_error_rates, source),
        )
        for source in error_rates.SOURCES
    ),
    *(
        Claim(
            f"predicted error rates, {preset}",
            "the error budget predicts how often a calibrated, drifted chip errs",
            partial(_predicted, preset),
        )
        for preset in predicted_rates.MACHINES
    ),
    Claim(
        "tails",
        "error rates too small to be counted are those of theory, by importance sampling",
        lambda machine, depth: tails.tails(machine, _at(depth, 60_000, 200_000, 1_000_000)),
    ),
    *(
        Claim(
            f"equivalence, {name}",
            "compact and field agree in phases, decisions and errors on one flawed chip",
            partial(_equivalence, name),
            # What varies most is told apart by more symbols than can be read quickly.
            least="default" if name == "restless" else "quick",
        )
        for name in MACHINES
    ),
    Claim(
        "calibration",
        "a calibration makes phases better, and leaves what its controller expects",
        lambda machine, depth: chips.calibration(machine, _at(depth, 64, 1024, 4096)),
    ),
    Claim(
        "photontorch",
        "devices, dot products and rows of chips are those of an independent solver",
        lambda machine, depth: outside_reference(
            machine, _at(depth, 4, 100, 400), _at(depth, 1, 1, 8)
        ),
        needs="photontorch",
    ),
    Claim(
        "SAX",
        "rows of chips have the fields that SAX solves of their parts, every product included",
        lambda machine, depth: sax_reference(machine, _at(depth, 0, 8, 64)),
        needs="sax",
    ),
)
"""All of them; the tests check each at the least depth that it has."""
