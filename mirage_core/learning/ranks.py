"""Ranks of a distributed training: noise of their own, and one machine and chip for all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from weakref import WeakSet

import torch
import torch.distributed
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from mirage_core.core.matrix_core import MatrixCore
from mirage_core.core.state import difference
from photonics.errors import InputError

_agreed = WeakSet[nn.Module]()


def require_one_machine(model: nn.Module, cores: Sequence[MatrixCore]) -> None:
    """Refuse to train replicas of a model on unlike cores; seeds may differ.

    All ranks tell each other once, in the first training forward under
    ``DistributedDataParallel``, which they run together.

    Args:
        model: a part of what is replicated.
        cores: of its layers.

    Raises:
        InputError: on every rank, if the core of one is not that of the first.
    """
    replicated = DistributedDataParallel._get_active_ddp_module()
    together = replicated is not None and model.training and torch.is_grad_enabled()
    if not together or model in _agreed:
        return
    group = replicated.process_group
    described = json.dumps([core.description for core in cores])
    every = [described] * torch.distributed.get_world_size(group)
    torch.distributed.all_gather_object(every, described, group)
    first, *others = (json.loads(each) for each in every)
    for rank, other in enumerate(others, 1):
        found = difference(dict(enumerate(other)), dict(enumerate(first)))
        if found:
            allowed = f"is not that of rank 0: {found}"
            remedy = "give all ranks one machine and one chip"
            raise InputError("core", f"of rank {rank}", allowed, remedy)
    _agreed.add(model)
