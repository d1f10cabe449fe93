"""What products through the light cost: times of the FP32 product of the same shape.

CPU time, in one process, the product and its FP32 counterpart in turn, each time with new operands;
nothing is kept but the chip.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from time import process_time
from typing import Annotated, Any, NamedTuple

import torch
import typer
from torch import Tensor, nn

from mirage_core.core.tensor_core import TensorCore
from mirage_core.learning.convert import convert
from mirage_core.machine.loading import load_machine
from mirage_core.native.library import library
from mirage_core.training.datasets import load_dataset
from mirage_core.training.networks import build_network
from photonics.errors import InputError
from photonics.random import NoiseKey
from studies.report import usage
from studies.report.files import emit_json, make_room_for, versions
from studies.report.tables import print_table

Shape = tuple[int, int, int]


class Case(NamedTuple):
    """Products of one kind on one machine."""

    name: str
    preset: str
    data: str
    settings: tuple[str, ...] = ()
    fidelity: str = "compact"


CASES = (
    Case("integer", "robust", "network", fidelity="integer"),
    Case("robust, network-like", "robust", "network"),
    Case("robust, gradients", "robust", "gradients"),
    Case("robust, normal", "robust", "normal"),
    Case("robust, 2 mW", "robust", "network", ("laser.power_w=2e-3",)),
    Case("isca2024-closed", "isca2024-closed", "network"),
)
SHAPES: tuple[Shape, ...] = ((64, 784, 256), (512, 512, 512), (1024, 1024, 1024), (4096, 576, 64))
_REPETITIONS = 7


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


def measure(core: TensorCore, data: str, shape: Shape, repetitions: int) -> dict[str, Any]:
    """Medians of one shape: ratio to FP32, nanoseconds of a readout, shares of readouts.

    Raises:
        InputError: if kernels are there and were not used.
    """
    rows, depth, vectors = shape
    plain, light = [], []
    core.ledger.kinds.clear()
    for repetition in range(-2, repetitions):
        a, b = operands(data, shape, NoiseKey.from_seed(repetition + 2).fold(*shape))
        once = timed(torch.matmul, a, b), timed(core.matmul, a, b)
        # The first two warm the caches of torch and bring up the chip.
        if repetition >= 0:
            plain.append(once[0])
            light.append(once[1])
    if library() is not None and not core.path.startswith("native"):
        raise InputError("path", core.path, "the native kernels are built, and were not used")
    counts, groups = core.ledger.total, -(-depth // core.machine.bfp.group_size)
    readouts = len(core.moduli.moduli) * rows * vectors * groups
    ratios = sorted(b / a for a, b in zip(plain, light, strict=True))
    low, _, high = quantiles(ratios, n=4)
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
    }


def training_steps(repetitions: int) -> list[dict[str, Any]]:
    """Forward and backward of a batch of 128 digits through `robust`, over plain FP32."""
    data, found = load_dataset("digits"), []
    x, y = data.train_x[:128], data.train_y[:128]
    for name in ("mlp", "cnn"):
        core = TensorCore("robust")
        plain, light = build_network(name, data, 0), convert(build_network(name, data, 0), core)

        def step(model: nn.Module) -> None:
            model.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()

        times: tuple[list[float], list[float]] = ([], [])
        for repetition in range(-2, repetitions):
            with core.step(repetition + 2):
                for kept, model in zip(times, (plain, light), strict=True):
                    once = timed(step, model)
                    if repetition >= 0:
                        kept.append(once)
        fp32, through = map(median, times)
        found.append(
            {"network": name, "path": core.path, "ratio": through / fp32, "fp32_ms": 1e3 * fp32}
        )
    return found


def run(
    threads: Annotated[int, typer.Option(help="threads of torch and of the kernels", min=1)] = 1,
    repetitions: Annotated[int, typer.Option(help="of every product", min=2)] = _REPETITIONS,
    quick: Annotated[bool, typer.Option(help="the two smallest shapes alone")] = False,
    json: Annotated[str | None, typer.Option(help="write the numbers to a file, or to -")] = None,
) -> None:
    """Time products and training steps through the light.

    Example: ``python -m studies.bench --threads 2 --json bench.json``.
    """
    torch.set_num_threads(threads)
    if json and json != "-":
        make_room_for(Path(json), "--json")
    rows: list[dict[str, Any]] = []
    for case in CASES:
        core = TensorCore(load_machine(case.preset, case.settings), fidelity=case.fidelity)
        for shape in SHAPES[: 2 if quick else None]:
            rows.append({"case": case.name, **measure(core, case.data, shape, repetitions)})
    steps = training_steps(repetitions)
    machine = f"{platform.machine()}, torch {torch.__version__}, {threads} thread(s)"
    print_table(
        f"CPU time over that of the FP32 product ({machine})",
        ["case", "shape", "path", "ratio", "quartiles", "FP32, ms", "ns/readout", "evaluated"],
        [
            [
                row["case"],
                row["shape"],
                row["path"],
                f"{row['ratio']:.1f}",
                "{:.1f} to {:.1f}".format(*row["ratio_quartiles"]),
                f"{row['fp32_ms']:.3g}",
                f"{row['ns_per_readout']:.2g}",
                f"{100 * row['evaluated']:.2g} %",
            ]
            for row in rows
        ],
        text=("shape", "path"),
    )
    print_table(
        "Training step of 128 digits through `robust`, over plain FP32",
        ["network", "path", "ratio", "FP32, ms"],
        [[s["network"], s["path"], f"{s['ratio']:.1f}", f"{s['fp32_ms']:.3g}"] for s in steps],
        text=("path",),
    )
    if json:
        emit_json(json, {**versions(), "threads": threads, "products": rows, "steps": steps})


if __name__ == "__main__":
    usage.run(run)
