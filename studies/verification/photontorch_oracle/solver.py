"""The one door to photontorch 0.4.1, an independent solver of photonic circuits, for comparison.

It solves a netlist of scattering matrices by node elimination, where our own functions multiply
closed forms: agreement of the two says that neither has a wrong sign or a forgotten path.

Its parts take one value of each parameter.  Its axis of wavelengths serves here as an axis of
settings: all at the same wavelength, each with parameters of its own.

photontorch is optional, and under the AGPL: nothing of it is contained here.  Its last release
predates two removals in torch, so its networks are run with a stand-in for ``torch.solve`` in
that one module and with sources that need no named tensors; in double precision, on one thread
(batched solves on several threads can fail), and with all of that put back afterwards.  Its
interferometer's loss and its photodiode noise are known to be wrong and are not used.

Legend of shapes: B setting.
"""

from __future__ import annotations

import importlib
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from photonics.errors import InputError

# The globals that a solve changes and restores are the whole process's.
_ONE_AT_A_TIME = threading.RLock()

# A part's parameter: one number, or one for each setting (B,).
Value = float | Tensor


class Circuit:
    """A netlist in the making: parts by name, and which of their ports are joined.

    ``in0``, ``in1``, ... are its sources and ``out0``, ``out1``, ... its detectors, each with the
    one port 0.
    """

    def __init__(self, pt: Any) -> None:
        self._pt = pt
        self.parts: dict[str, Any] = {}
        self.joints: list[str] = []

    def coupler(self, name: str, cross_power: Value) -> None:
        """A lossless coupler with inputs 0 and 3: 0 goes straight to 1 and crosses to 2."""
        part = self._pt.DirectionalCoupler(coupling=0.5, trainable=False)
        part.coupling.data = torch.as_tensor(cross_power, dtype=torch.float64)
        self.parts[name] = part

    def guide(self, name: str, phase_rad: Value = 0.0, loss_db: Value = 0.0) -> None:
        """A guide of one metre whose length itself makes no phase."""
        part = self._pt.Waveguide(length=1.0, neff=0.0, ng=0.0, trainable=False)
        part.phase.data = torch.as_tensor(phase_rad, dtype=torch.float64)
        part.loss = loss_db
        self.parts[name] = part

    def dispersive_guide(self, name: str, **parameters: float) -> None:
        """A guide by photontorch's own parameters: length, loss, neff, ng and wl0."""
        self.parts[name] = self._pt.Waveguide(trainable=False, **parameters)

    def link(self, *stops: str) -> None:
        """Join parts in a chain: ``link("in0:0", "0:coupler:1", "0:guide:1", "0:out0")``."""
        for left, right in pairwise(stops):
            self._join(":".join(left.split(":")[-2:]), ":".join(right.split(":")[1::-1]))

    def absorb(self, port: str) -> None:
        """Let what leaves ``part:port`` go, and send nothing in."""
        name = f"end_{port.replace(':', '_')}"
        self.parts[name] = self._pt.Term()
        self._join(port, f"{name}:0")

    def _join(self, one: str, other: str) -> None:
        for name in (one.split(":")[0], other.split(":")[0]):
            if name not in self.parts:
                kind = self._pt.Source if name.startswith("in") else self._pt.Detector
                self.parts[name] = kind()
        self.joints.append(f"{one}:{other}")


def solve(
    build: Callable[[Circuit], None],
    inputs: int,
    outputs: int,
    settings: int = 1,
    wavelength_m: float = 1550e-9,
) -> Tensor:
    """Field transfer of a netlist, with one source on each input in turn.

    Args:
        build: adds the parts and joints to an empty circuit.
        inputs: number of sources.
        outputs: number of detectors.
        settings: B, how many values the parameters have that are not single numbers.
        wavelength_m: of the light.

    Returns:
        complex128 of shape (B, outputs, inputs).

    Raises:
        InputError: where photontorch is not installed.
    """
    with _photontorch() as pt:
        circuit = Circuit(pt)
        build(circuit)
        # All joints at once: each later one would rebuild the buffers of the whole network.
        network = _network_class(pt)(circuit.parts, circuit.joints)
        with pt.Environment(wl=np.full(settings, wavelength_m), freqdomain=True, grad=False):
            network.initialize()
            # (real and imaginary, time, setting, source, batch): batch b lights source b.
            light = torch.stack((torch.eye(inputs), torch.zeros(inputs, inputs)))[:, None, None]
            light = light.expand(-1, -1, settings, -1, -1)
            real, imaginary = network(source=light, power=False)[:, 0]
        found = torch.complex(real, imaginary)
    # photontorch numbers terminals in the order in which the joints first mention them.
    order = list(network.components)

    def numbers(kind: str, count: int) -> Tensor:
        return torch.tensor([order.index(f"{kind}{i}") for i in range(count)]).argsort().argsort()

    return found[:, numbers("out", outputs)][:, :, numbers("in", inputs)]


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
    """Photontorch made to work, with every global that this touches restored afterwards.

    Other threads see those globals meanwhile: float64 as the default type, one thread for torch.
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        pt = _import()
        dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
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
