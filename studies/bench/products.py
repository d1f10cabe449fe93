"""What products through the light cost: times of the FP32 product of the same shape.

CPU time, in one process, the product and its FP32 counterpart in turn, each time with new operands;
nothing is kept but the chip.

Legend of shapes: M stationary row, K contracted axis, N streamed vector.
"""

from __future__ import annotations

import resource
from collections.abc import Callable
from statistics import median, quantiles
from time import process_time
from typing import Any, NamedTuple

import torch
from torch import Tensor

from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.loading import load_machine
from mirage_core.native.library import library
from photonics.errors import InputError
from photonics.random import NoiseKey

Shape = tuple[int, int, int]


SHAPES: tuple[Shape, ...] = (
    (64, 784, 256),
    (512, 512, 512),
    (1024, 1024, 1024),
    # A convolution of 64 channels, and as many weights against few vectors.
    (64, 576, 4096),
    (4096, 576, 64),
)


class Case(NamedTuple):
    """Products of one kind on one machine.

    Attributes:
        name: what it is called.
        preset: the machine.
        data: what is multiplied, see :func:`operands`.
        settings: changes of the machine.
        fidelity: of the core.
        shapes: (M, K, N).
        weights_stay: whether one stationary operand is used again and again.
        least: whether a shape is measured but once, because it takes long.
    """

    name: str
    preset: str
    data: str
    settings: tuple[str, ...] = ()
    fidelity: str = "compact"
    shapes: tuple[Shape, ...] = SHAPES
    weights_stay: bool = False
    least: bool = False


CASES = (
    Case("integer", "robust", "network", fidelity="integer"),
    Case("robust, network-like", "robust", "network"),
    Case("robust, weights stay", "robust", "network", weights_stay=True),
    Case("robust, gradients", "robust", "gradients"),
    Case("robust, normal", "robust", "normal"),
    # At these powers one readout in two thousand errs, and one in a hundred.
    Case("robust, 1 mW", "robust", "network", ("laser.power_w=1e-3",)),
    Case("robust, 0.3 mW", "robust", "network", ("laser.power_w=3e-4", "calibration.accept=any")),
    Case("isca2024-closed", "isca2024-closed", "network"),
    Case("isca2024", "isca2024", "network", shapes=SHAPES[:2]),
)
LONG_CASES = (
    Case("robust, largest", "robust", "network", shapes=((4096, 4096, 4096),), least=True),
    # Of which the chip takes long to calibrate.
    Case("thermo-optic", "thermo-optic", "network", shapes=SHAPES[:2]),
)


def operands(data: str, shape: Shape, key: NoiseKey) -> tuple[Tensor, Tensor]:
    """Stationary (M, K) and streamed (K, N) operands.

    ``network``: small normal weights, rectified normal activations.  ``gradients``: activations and
    gradients of heavy tails, half of them zero.  ``normal``: both normal.
    """
    rows, depth, vectors = shape
    first = key.fold("a").normal(0, rows * depth).float().view(rows, depth)
    second = key.fold("b").normal(0, depth * vectors).float().view(depth, vectors)
    if data == "network":
        return 0.05 * first, second.relu()
    if data == "gradients":
        size = key.fold("size").normal(0, second.numel()).float().view_as(second)
        return first.relu(), second * (2.0 * size).exp() * (size > 0.0)
    return first, second


def timed(work: Callable[..., Any], *arguments: Any) -> float:
    """CPU time of one call, in seconds."""
    start = process_time()
    work(*arguments)
    return process_time() - start


def measure(
    core: TensorCore, data: str, shape: Shape, repetitions: int, weights_stay: bool = False
) -> dict[str, Any]:
    """Medians of one shape: ratio to FP32, nanoseconds of a readout, shares of readouts.

    Raises:
        InputError: if kernels are there, know the machine, and were not used.
    """
    rows, depth, vectors = shape
    plain, light, before = [], [], peak_mb()
    key = NoiseKey.from_seed(0).fold(*shape)
    kept = operands(data, shape, key)[0]
    # The first two warm the caches of torch and bring up the chip.
    for repetition in range(-2 if repetitions > 1 else 0, repetitions):
        a, b = operands(data, shape, key.fold(repetition))
        a = kept if weights_stay else a
        if repetition == 0:
            core.ledger.kinds.clear()
        once = timed(torch.matmul, a, b), timed(core.matmul, a, b)
        if repetition >= 0:
            plain.append(once[0])
            light.append(once[1])
    if core.path != known_path(core):
        raise InputError("path", core.path, "the native kernels are built, and were not used")
    counts, groups = core.ledger.total, -(-depth // core.machine.bfp.group_size)
    readouts = len(core.moduli.moduli) * rows * vectors * groups
    ratios = sorted(b / a for a, b in zip(plain, light, strict=True))
    low, _, high = quantiles(ratios, n=4) if len(ratios) > 1 else 3 * ratios
    evaluated = 1.0 - counts.screened / counts.readouts.total()
    return {
        "shape": "x".join(map(str, shape)),
        "path": core.path,
        "ratio": median(light) / median(plain),
        "ratio_quartiles": [low, high],
        "fp32_ms": 1e3 * median(plain),
        "ns_per_readout": 1e9 * median(light) / readouts,
        "evaluated": evaluated if core.fidelity == "compact" else 0.0,
        "wrong": counts.residue_error_rate,
        "memory_mb": peak_mb() - before,
    }


def peak_mb() -> float:
    """Most memory that this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def known_path(core: TensorCore) -> str:
    """The path that products of a core should take here."""
    kernels = library()
    heated = core.fidelity == "compact" and any(
        arrays.digits.table is None for arrays in core.compiled.arrays.values()
    )
    return core.path if kernels is None or heated else f"native {kernels.instructions}"


def measure_cases(cases: tuple[Case, ...], repetitions: int) -> list[dict[str, Any]]:
    """Every shape of every case."""
    found = []
    for case in cases:
        core = TensorCore(load_machine(case.preset, case.settings), fidelity=case.fidelity)
        times = 1 if case.least else repetitions
        for shape in case.shapes:
            measured = measure(core, case.data, shape, times, case.weights_stay)
            found.append({"case": case.name, **measured})
    return found
