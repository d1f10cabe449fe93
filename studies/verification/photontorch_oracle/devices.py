"""Single optical circuits as photontorch solves them, for comparison with our closed forms.

::

    mzi      in0 ─┐ ┌─ shifter ─┐ ┌─ out0        ring     in ──( coupler )── through
                  )(            )(                         half ring ↑   ↓ half ring
             in1 ─┘ └── guide ──┘ └─ out1                drop ──( coupler )── add
"""

from __future__ import annotations

from torch import Tensor

from studies.verification.photontorch_oracle.solver import Circuit, Value, solve


def coupler(cross_power: float, excess_loss_db: float = 0.0) -> Tensor:
    """Field transfer of a 2x2 coupler, complex128 (2, 2), indexed [out, in].

    Its coupler is lossless: a guide behind either output takes the excess loss.
    """

    def build(circuit: Circuit) -> None:
        circuit.coupler("c", cross_power)
        circuit.guide("upper", 0.0, excess_loss_db)
        circuit.guide("lower", 0.0, excess_loss_db)
        circuit.link("in0:0", "0:c:1", "0:upper:1", "0:out0")
        circuit.link("in1:0", "3:c:2", "0:lower:1", "0:out1")

    return solve(build, 2, 2)[0]


def waveguide(
    length_m: float,
    loss_db_per_m: float,
    effective_index: float,
    group_index: float,
    wavelength_m: float,
    reference_m: float = 1550e-9,
) -> complex:
    """Field transfer of a lossy guide whose index is linear in the wavelength."""

    def build(circuit: Circuit) -> None:
        circuit.dispersive_guide(
            "w",
            length=length_m,
            loss=loss_db_per_m,
            neff=effective_index,
            ng=group_index,
            wl0=reference_m,
        )
        circuit.link("in0:0", "0:w:1", "0:out0")

    return complex(solve(build, 1, 1, wavelength_m=wavelength_m)[0, 0, 0])


def mzi(
    first_cross_power: float,
    second_cross_power: float,
    phase_rad: float,
    upper_loss_db: float = 0.0,
    lower_loss_db: float = 0.0,
) -> Tensor:
    """Field transfer of coupler, shifter beside a guide, and coupler: complex128 (2, 2)."""

    def build(circuit: Circuit) -> None:
        circuit.coupler("c1", first_cross_power)
        circuit.coupler("c2", second_cross_power)
        circuit.guide("upper", phase_rad, upper_loss_db)
        circuit.guide("lower", 0.0, lower_loss_db)
        circuit.link("in0:0", "0:c1:1", "0:upper:1", "0:c2:1", "0:out0")
        circuit.link("in1:0", "3:c1:2", "0:lower:1", "3:c2:2", "0:out1")

    return solve(build, 2, 2)[0]


def ring_add_drop(
    coupling_power_in: float,
    coupling_power_drop: float,
    round_trip_loss_db: float,
    round_trip_phase_rad: float,
) -> tuple[complex, complex]:
    """Through and drop field of a ring made of two couplers and two half rings."""

    def build(circuit: Circuit) -> None:
        couplings = coupling_power_in, coupling_power_drop
        place_ring(circuit, "ring", couplings, round_trip_phase_rad, round_trip_loss_db)
        circuit.link("in0:0", "0:ring_c1:1", "0:out0")
        circuit.link("in1:0", "3:ring_c2:2", "0:out1")

    transfer = solve(build, 2, 2)[0]
    return complex(transfer[0, 0]), complex(transfer[1, 0])


def place_ring(
    circuit: Circuit,
    name: str,
    coupling_powers: tuple[Value, Value],
    round_trip_phase_rad: Value,
    round_trip_loss_db: Value,
) -> None:
    """Put a ring into a circuit, of two couplers ``_c1``, ``_c2`` and two half rings.

    Its ports: in ``0:_c1``, through ``1:_c1``, add ``3:_c2`` and drop ``2:_c2``.
    """
    for end, cross_power in zip(("c1", "c2"), coupling_powers, strict=True):
        circuit.coupler(f"{name}_{end}", cross_power)
    for half in ("there", "back"):
        circuit.guide(f"{name}_{half}", round_trip_phase_rad / 2.0, round_trip_loss_db / 2.0)
    there, back = f"0:{name}_there:1", f"0:{name}_back:1"
    circuit.link(f"{name}_c1:2", there, f"0:{name}_c2:1", back, f"3:{name}_c1")
