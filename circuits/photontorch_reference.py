"""The one door to photontorch 0.4.1, an independent solver of photonic circuits, for comparison.

::

    mzi      in0 ─┐ ┌─ shifter ─┐ ┌─ out0        ring     in ──( coupler )── through
                  )(            )(                         half ring ↑   ↓ half ring
             in1 ─┘ └── guide ──┘ └─ out1                drop ──( coupler )── add

It solves a netlist of scattering matrices by node elimination, where our own functions multiply
closed forms: agreement of the two says that neither has a wrong sign or a forgotten path.

photontorch is optional, and under the AGPL: nothing of it is contained here.  Its last release
predates two removals in torch, so its networks are run with a stand-in for ``torch.solve`` in
that one module and with sources that need no named tensors; in double precision, on one thread
(batched solves on several threads can fail), and with all of that put back afterwards.  Its
interferometer's loss and its photodiode noise are known to be wrong and are not used.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from photonics.errors import InputError

# Netlist of a circuit: components by name, and chains of "port:component:port".
Netlist = tuple[dict[str, Any], list[tuple[str, ...]]]


def coupler(cross_power: float, excess_loss_db: float = 0.0) -> Tensor:
    """Field transfer of a 2x2 coupler, complex128 (2, 2), indexed [out, in].

    Its coupler is lossless: a guide behind either output takes the excess loss.
    """

    def build(pt: Any) -> Netlist:
        parts = {
            "c": _coupler(pt, cross_power),
            "upper": _arm(pt, 0.0, excess_loss_db),
            "lower": _arm(pt, 0.0, excess_loss_db),
        }
        return parts, [
            ("in0:0", "0:c:1", "0:upper:1", "0:out0"),
            ("in1:0", "3:c:2", "0:lower:1", "0:out1"),
        ]

    return _solve(build, 2)


def waveguide(
    length_m: float,
    loss_db_per_m: float,
    effective_index: float,
    group_index: float,
    wavelength_m: float,
    reference_m: float = 1550e-9,
) -> complex:
    """Field transfer of a lossy guide whose index is linear in the wavelength."""

    def build(pt: Any) -> Netlist:
        guide = pt.Waveguide(
            length=length_m,
            loss=loss_db_per_m,
            neff=effective_index,
            ng=group_index,
            wl0=reference_m,
            trainable=False,
        )
        return {"w": guide}, [("in0:0", "0:w:1", "0:out0")]

    return complex(_solve(build, 1, wavelength_m)[0, 0])


def mzi(
    first_cross_power: float,
    second_cross_power: float,
    phase_rad: float,
    upper_loss_db: float = 0.0,
    lower_loss_db: float = 0.0,
) -> Tensor:
    """Field transfer of coupler, shifter beside a guide, and coupler: complex128 (2, 2)."""

    def build(pt: Any) -> Netlist:
        parts = {
            "c1": _coupler(pt, first_cross_power),
            "c2": _coupler(pt, second_cross_power),
            "upper": _arm(pt, phase_rad, upper_loss_db),
            "lower": _arm(pt, 0.0, lower_loss_db),
        }
        return parts, [
            ("in0:0", "0:c1:1", "0:upper:1", "0:c2:1", "0:out0"),
            ("in1:0", "3:c1:2", "0:lower:1", "3:c2:2", "0:out1"),
        ]

    return _solve(build, 2)


def ring_add_drop(
    coupling_power_in: float,
    coupling_power_drop: float,
    round_trip_loss_db: float,
    round_trip_phase_rad: float,
) -> tuple[complex, complex]:
    """Through and drop field of a ring made of two couplers and two half rings."""

    def build(pt: Any) -> Netlist:
        half = (round_trip_phase_rad / 2.0, round_trip_loss_db / 2.0)
        parts = {
            "c1": _coupler(pt, coupling_power_in),
            "c2": _coupler(pt, coupling_power_drop),
            "there": _arm(pt, *half),
            "back": _arm(pt, *half),
        }
        return parts, [
            ("in0:0", "0:c1:1", "0:out0"),
            ("c1:2", "0:there:1", "0:c2:1", "0:back:1", "3:c1"),
            ("in1:0", "3:c2:2", "0:out1"),
        ]

    transfer = _solve(build, 2)
    return complex(transfer[0, 0]), complex(transfer[1, 0])


def _coupler(pt: Any, cross_power: float) -> Any:
    """A coupler whose inputs are ports 0 and 3; 0 goes straight to 1 and crosses to 2."""
    return pt.DirectionalCoupler(coupling=cross_power, trainable=False)


def _arm(pt: Any, phase_rad: float, loss_db: float) -> Any:
    """A guide of one metre whose length itself makes no phase."""
    return pt.Waveguide(
        length=1.0, loss=loss_db, neff=0.0, ng=0.0, phase=phase_rad, trainable=False
    )


def _solve(build: Callable[[Any], Netlist], ports: int, wavelength_m: float = 1550e-9) -> Tensor:
    """Field transfer [out, in] of a netlist, with one source on each input in turn."""
    with _photontorch() as pt:
        parts, chains = build(pt)
        network = _network_class(pt)()
        for name, part in parts.items():
            network.add_component(name, part)
        for port in range(ports):
            network.add_component(f"in{port}", pt.Source())
            network.add_component(f"out{port}", pt.Detector())
        for chain in chains:
            network.link(*chain)
        with pt.Environment(wl=wavelength_m, freqdomain=True, grad=False):
            network.initialize()
            # (real and imaginary, time, wavelength, source, batch): batch b lights source b.
            light = torch.stack((torch.eye(ports), torch.zeros(ports, ports)))[:, None, None]
            real, imaginary = network(source=light, power=False)[:, 0, 0]
        return torch.complex(real, imaginary)


def _network_class(pt: Any) -> Any:
    class PlainSourceNetwork(pt.Network):  # type: ignore[misc]
        """A network that takes its sources as a full tensor, with no named dimensions."""

        def _handle_source(self, source: Tensor) -> Tensor:
            # Sources come first among the nodes with memory; all others start dark.
            dark = self.num_mc - source.shape[3]
            return torch.nn.functional.pad(source, (0, 0, 0, dark))

    return PlainSourceNetwork


class _TorchWithSolve:
    """torch, with the ``solve`` that it had when photontorch was written."""

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)

    @staticmethod
    def solve(right: Tensor, matrix: Tensor) -> tuple[Tensor, None]:
        return torch.linalg.solve(matrix, right), None


@contextmanager
def _photontorch() -> Iterator[Any]:
    """Photontorch made to work, with every global that this touches restored afterwards."""
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        pt = _import()
        solver: Any = importlib.import_module("photontorch.networks.network")
        solver.torch = _TorchWithSolve()
        torch.set_default_dtype(torch.float64)
        torch.set_num_threads(1)
        try:
            yield pt
        finally:
            torch.set_num_threads(threads)
            torch.set_default_dtype(dtype)
            solver.torch = torch


def _import() -> ModuleType:
    try:
        return importlib.import_module("photontorch")
    except ImportError as missing:
        raise InputError(
            "photontorch",
            "not installed",
            "the reference circuits need photontorch 0.4.1",
            "install the extra: pip install 'mirage-photonics[reference]'",
        ) from missing
