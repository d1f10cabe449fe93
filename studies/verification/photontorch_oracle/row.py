"""A whole dot product unit as one photontorch netlist: laser, rails, switches, hybrid, diodes.

::

    laser ─(splitter)─┬─ input ─[digit]─[digit]─ ... ─┐
                      └─ input ─[digit]─[digit]─ ... ─┴─ hybrid ─ four diodes

    digit   ──(switch)── straight ──(switch)──     a ring: two couplers and two half rings
                  └───── turned ──────┘            an interferometer: two couplers and two arms

Both paths of a digit are there whatever the state of its switches, so light that leaks takes the
wrong one and interferes.  The interferometer that light leaves by is the mirror image of the other.

A netlist of every part costs its ports cubed: two multipliers of five digits on two rails have
600.  Longer rows are solved in two steps, a network for each digit and one for the row of them,
which is the same as long as light goes one way.

Legend of shapes: B setting, J multiplier, D digit, S rail, E switch of a digit (input, output).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product

import torch
from torch import Tensor

from photonics.optics import power_w
from studies.verification.photontorch_oracle.devices import place_ring
from studies.verification.photontorch_oracle.parts import (
    DigitParts,
    FeedParts,
    HybridParts,
    RowParts,
)
from studies.verification.photontorch_oracle.solver import Circuit, solve

# Memory of a solve grows with settings times ports squared; this many take a quarter of a gigabyte.
_MOST_ENTRIES = 2_000_000
_DIGIT_PORTS = 30
_SOLVED_DIGIT_PORTS = 2
_OTHER_PORTS = 60
# A coupler turns the light that crosses by a quarter; a guide turns it back.
_BACK_RAD = -math.pi / 2.0
# What makes a quadrature of a coupler: a quarter between the references of I and Q.
_QUARTER_RAD = -math.pi / 2.0

# Puts the digit (j, d, s) behind a port "part:port"; gives the port where the light goes on.
PlaceDigit = Callable[[Circuit, str, tuple[int, int, int]], str]


def whole_row_powers(parts: RowParts) -> Tensor:
    """Powers on the four diodes in W, (B, 4): one network of every part, switches included."""

    def placer(some: RowParts) -> PlaceDigit:
        def place(circuit: Circuit, light: str, digit: tuple[int, int, int]) -> str:
            return _placing(some.switch)(circuit, light, _name(digit), some.digits.at(digit))

        return place

    return _row_powers(parts, _DIGIT_PORTS, placer)


def chained_row_powers(parts: RowParts) -> Tensor:
    """Powers of a row in two steps: every digit solved by itself, then the row of solved digits."""

    def placer(some: RowParts) -> PlaceDigit:
        transfer = digit_transfers(some.digits, some.switch)

        def place(circuit: Circuit, light: str, digit: tuple[int, int, int]) -> str:
            name, solved = _name(digit), transfer[(slice(None), *digit)]
            circuit.guide(name, solved.angle(), -20.0 * solved.abs().log10())
            circuit.link(light, f"0:{name}")
            return f"{name}:1"

        return place

    return _row_powers(parts, _SOLVED_DIGIT_PORTS, placer)


def digit_transfers(digits: DigitParts, switch: str = "ring") -> Tensor:
    """Field transmission of every digit, complex128 (B, J, D, S), each a network by itself."""
    flat = digits.flat()

    def solved(portion: slice) -> Tensor:
        some = DigitParts(*(value[portion] for value in flat))

        def build(circuit: Circuit) -> None:
            circuit.link(_placing(switch)(circuit, "in0:0", "digit", some), "0:out0")

        return solve(build, 1, 1, len(some.straight_rad))[:, 0, 0]

    portions = _portions(len(flat.straight_rad), _DIGIT_PORTS)
    return torch.cat([solved(portion) for portion in portions]).view(digits.straight_rad.shape)


def _row_powers(
    parts: RowParts, ports_of_digit: int, placer: Callable[[RowParts], PlaceDigit]
) -> Tensor:
    def solved(portion: slice) -> Tensor:
        some = parts.at(portion)
        build = partial(_build_row, parts=some, place_digit=placer(some))
        transfer = solve(build, 1, 4, some.settings)[..., 0]
        return power_w(transfer) * some.feed.launched_w[:, None]

    ports = _OTHER_PORTS + math.prod(parts.wiring[:3]) * ports_of_digit
    return torch.cat([solved(portion) for portion in _portions(parts.settings, ports)])


def _portions(settings: int, ports: int) -> Iterator[slice]:
    """Slices of the settings, each few enough for one solve."""
    step = max(1, _MOST_ENTRIES // ports**2)
    return (slice(start, start + step) for start in range(0, settings, step))


def _build_row(circuit: Circuit, parts: RowParts, place_digit: PlaceDigit) -> None:
    """A row from its laser to its diodes."""
    multipliers, digits = parts.wiring[:2]
    ends = []
    for rail, light in enumerate(_place_feed(circuit, parts.feed)):
        for j, d in product(range(multipliers), range(digits)) if parts.rails[rail] else ():
            light = place_digit(circuit, light, (j, d, rail))
        ends.append(light)
    _place_hybrid(circuit, ends[0], ends[1], parts.hybrid)


def _place_feed(circuit: Circuit, feed: FeedParts) -> tuple[str, str]:
    """Laser, splitter of the rails, and the guides that lead to their first digits."""
    circuit.coupler("rails", feed.cross_share)
    circuit.guide("input_0", feed.input_rad[:, 0], feed.split_loss_db)
    circuit.guide("input_1", feed.input_rad[:, 1] + _BACK_RAD, feed.split_loss_db)
    circuit.link("in0:0", "0:rails:1", "0:input_0")
    circuit.link("rails:2", "0:input_1")
    circuit.absorb("rails:3")
    return "input_0:1", "input_1:1"


def _name(digit: tuple[int, int, int]) -> str:
    return "digit_{}_{}_{}".format(*digit)


def _placing(switch: str) -> Callable[[Circuit, str, str, DigitParts], str]:
    """What puts a digit (B, ...) with a kind of switches behind a port."""
    return {"ring": _place_ring_digit, "mzi": _place_mzi_digit}[switch]


def _place_ring_digit(circuit: Circuit, light: str, name: str, digit: DigitParts) -> str:
    """Two rings, and between them the straight path and the turned one; a digit of (B, ...)."""
    enter, leave = f"{name}_enter", f"{name}_leave"
    for e, ring in enumerate((enter, leave)):
        couplings = digit.couplings[:, e, 0], digit.couplings[:, e, 1]
        place_ring(circuit, ring, couplings, digit.switch_rad[:, e], digit.switch_db[:, e])
    circuit.guide(f"{name}_straight", digit.straight_rad, digit.straight_db)
    circuit.guide(f"{name}_turned", digit.turned_rad, digit.turned_db)
    circuit.link(light, f"0:{enter}_c1:1", f"0:{name}_straight:1", f"0:{leave}_c1")
    circuit.link(f"{enter}_c2:2", f"0:{name}_turned:1", f"3:{leave}_c2")
    circuit.absorb(f"{enter}_c2:3")
    circuit.absorb(f"{leave}_c2:2")
    return f"{leave}_c1:1"


def _place_mzi_digit(circuit: Circuit, light: str, name: str, digit: DigitParts) -> str:
    """Two interferometers, of which light passes the second backwards; a digit of (B, ...)."""
    enter, leave = f"{name}_enter", f"{name}_leave"
    for e, switch in enumerate((enter, leave)):
        for c in (0, 1):
            circuit.coupler(f"{switch}_c{c + 1}", digit.couplings[:, e, c])
        circuit.guide(f"{switch}_upper", digit.switch_rad[:, e], digit.switch_db[:, e])
        circuit.guide(f"{switch}_lower", loss_db=digit.other_db[:, e])
        circuit.absorb(f"{switch}_c1:3")
    circuit.guide(f"{name}_straight", digit.straight_rad, digit.straight_db)
    circuit.guide(f"{name}_turned", digit.turned_rad, digit.turned_db)
    circuit.link(light, f"0:{enter}_c1:1", f"0:{enter}_upper:1", f"0:{enter}_c2:1")
    circuit.link(f"{enter}_c1:2", f"0:{enter}_lower:1", f"3:{enter}_c2")
    circuit.link(f"{enter}_c2:1", f"0:{name}_straight:1", f"1:{leave}_c2")
    circuit.link(f"{enter}_c2:2", f"0:{name}_turned:1", f"2:{leave}_c2")
    circuit.link(f"{leave}_c2:0", f"1:{leave}_upper:0", f"1:{leave}_c1")
    circuit.link(f"{leave}_c2:3", f"1:{leave}_lower:0", f"2:{leave}_c1")
    return f"{leave}_c1:0"


def _place_hybrid(circuit: Circuit, signal: str, reference: str, hybrid: HybridParts) -> None:
    """Two splitters, two couplers, and a quarter wave in one of the four arms between them.

    Arms and outputs are guides that lose what the splitters and couplers do.
    """
    for rail, light in enumerate((signal, reference)):
        circuit.coupler(f"split_{rail}", hybrid.to_q_share[:, rail])
        circuit.link(light, f"0:split_{rail}")
        circuit.absorb(f"split_{rail}:3")
    for pair in (0, 1):
        circuit.coupler(f"meet_{pair}", hybrid.cross_power[:, pair])
        for port in (0, 1):
            diode = 2 * pair + port
            circuit.guide(f"to_diode_{diode}", loss_db=hybrid.coupler_loss_db)
            circuit.link(f"meet_{pair}:{port + 1}", f"0:to_diode_{diode}:1", f"0:out{diode}")
    lost_db = hybrid.splitter_loss_db
    circuit.guide("signal_to_i", loss_db=lost_db)
    circuit.guide("signal_to_q", _BACK_RAD, lost_db)
    circuit.guide("reference_to_i", _QUARTER_RAD, lost_db)
    circuit.guide("reference_to_q", hybrid.quadrature_rad + _BACK_RAD, lost_db)
    circuit.link("split_0:1", "0:signal_to_i:1", "0:meet_0")
    circuit.link("split_0:2", "0:signal_to_q:1", "0:meet_1")
    circuit.link("split_1:1", "0:reference_to_i:1", "3:meet_0")
    circuit.link("split_1:2", "0:reference_to_q:1", "3:meet_1")
