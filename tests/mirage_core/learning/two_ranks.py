"""What each of two processes does in the test of distributed training."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
import torch.distributed
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

import mirage_core as mirage
from circuits import fabricate
from mirage_core.core.matrix_core import MatrixCore
from photonics.errors import InputError
from tests.machines import ONE_UNIT

STEPS, SHARE, RATE = 3, 8, 0.1


def network(core: MatrixCore) -> nn.Sequential:
    """A small network with the same weights wherever it is made."""
    torch.manual_seed(0)
    return mirage.convert(nn.Sequential(nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 4)), core)


def on_chip(seed: int) -> nn.Module:
    """The same on a raw chip."""
    machine = mirage.load_machine("robust", ONE_UNIT)
    moduli = machine.all_moduli.moduli
    chip = fabricate(machine.design, moduli, machine.array_shape, seed)
    return network(mirage.TensorCore(machine, chip=chip))


def batch(step: int, rank: int) -> Tensor:
    """What a rank sees in a step."""
    generator = torch.Generator().manual_seed(10 * step + rank)
    return torch.randn(SHARE, 16, generator=generator)


def trained(rank: int) -> tuple[list[Tensor], list[Tensor]]:
    """Weights in the end, and the outputs of this rank for a batch that both see."""
    core = mirage.FormatCore("fast")
    model = network(core)
    replica = DistributedDataParallel(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    for step in range(STEPS):
        optimizer.zero_grad()
        with core.step(step):
            replica(batch(step, rank)).square().mean().backward()
        optimizer.step()
    with core.step(STEPS):
        seen = model(batch(STEPS, 0))
    return [p.detach() for p in model.parameters()], [seen.detach()]


def main(out: Path) -> None:
    """Train twice, try a chip of one's own, and write what came of it."""
    torch.distributed.init_process_group("gloo")
    rank = torch.distributed.get_rank()
    first, again = trained(rank), trained(rank)
    DistributedDataParallel(on_chip(0))(batch(0, rank))
    refused = ""
    try:
        DistributedDataParallel(on_chip(rank))(batch(0, rank))
    except InputError as error:
        refused = str(error)
    torch.save((first, again, refused), out / f"{rank}.pt")
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
