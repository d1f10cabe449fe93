"""What ``mirage cost`` does with its options."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from mirage_core.cost.exports import accelforge_yaml, scale_sim_csv
from mirage_core.cost.memory import Memory
from mirage_core.machine.config import MachineConfig
from photonics.errors import InputError
from photonics.files import write_whole
from studies.accelerator import cost as study
from studies.accelerator.cost import CostOptions
from studies.accelerator.quantities import GIGABYTE, MEGABYTE
from studies.accelerator.workload import Workload, workload

_SRAM_MB = 8.0


def options(
    asked: dict[str, Any], bandwidth_gb_s: float | None, sram_mb: float | None, order: str | None
) -> CostOptions:
    """Options as they were typed, checked."""
    memory = None
    if bandwidth_gb_s is None:
        for name, value in (("--sram", sram_mb), ("--order", order)):
            if value is not None:
                said = "changes nothing without the bandwidth of a memory"
                raise InputError(name, value, said, "give --dram too")
    else:
        sram_mb = _SRAM_MB if sram_mb is None else sram_mb
        if not 0.0 < bandwidth_gb_s < math.inf:
            raise InputError("--dram", bandwidth_gb_s, "must be above 0 GB/s, and finite")
        if not 0.0 < sram_mb < math.inf:
            raise InputError("--sram", sram_mb, "must be above 0 MB, and finite")
        memory = Memory(int(sram_mb * MEGABYTE), bandwidth_gb_s * GIGABYTE, order=order or "best")  # type: ignore[arg-type]
    return CostOptions(memory=memory, **asked)


def work(
    network: str, batch: int, inference: bool, shape: str | None, as_published: bool
) -> Workload:
    """The network, traced."""
    return workload(network, batch, training=not inference, shape=shape, as_published=as_published)


def export(work: Workload, scale_sim: Path | None, accelforge: Path | None) -> None:
    """Write the products for other simulators, where asked."""
    if scale_sim is not None:
        write_whole(scale_sim, scale_sim_csv(work.products).encode(), "--scale-sim")
    if accelforge is not None:
        write_whole(accelforge, accelforge_yaml(work.products).encode(), "--accelforge")


def cost(
    machine: MachineConfig, work: Workload, options: CostOptions, out: Path | None
) -> dict[str, Any]:
    """Print and return what the network costs."""
    return study.show(machine, work, options, out)
