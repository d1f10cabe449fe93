"""Networks by name, built for a data set from a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from mirage_core.data.dataset import Dataset, TaskName
from mirage_core.networks.own import imported, told
from mirage_core.networks.small.alexnet import small_alexnet
from mirage_core.networks.small.lenet import lenet5
from mirage_core.networks.small.mobilenet import small_mobilenet
from mirage_core.networks.small.plain import cnn, mlp
from mirage_core.networks.small.resnet import small_resnet
from mirage_core.networks.small.transformer import SmallTransformer
from mirage_core.networks.small.vgg import small_vgg
from mirage_core.networks.small.yolo import SmallYolo
from mirage_core.training.tasks.named import TASKS
from photonics.errors import FOREIGN_ERRORS, InputError
from photonics.random import seed_number


@dataclass(frozen=True)
class Trainable:
    """A network that can be trained by name.

    Attributes:
        build: makes it for a shape of inputs and a number of classes.
        about: what it is, in a few words.
        task: what it learns.
        advice: fields of a recipe that suit it, for those who give none.
    """

    build: Callable[[tuple[int, ...], int], nn.Module]
    about: str
    task: TaskName = "classification"
    advice: Mapping[str, Any] = field(default_factory=dict)


_ADAMW = {"optimizer": "adamw", "learning_rate": 3e-3, "schedule": "cosine", "warmup_epochs": 0.5}
# Networks without normalised batches, which stand still at first if steps are not scaled.
_PLAIN = {"optimizer": "adamw", "learning_rate": 2e-3}
_GENTLE = {"learning_rate": 0.05}

NETWORKS = {
    "mlp": Trainable(mlp, "one hidden layer of 64"),
    "cnn": Trainable(cnn, "two convolutions and a linear layer"),
    "lenet5": Trainable(lenet5, "LeNet-5", advice=_PLAIN),
    "small-alexnet": Trainable(small_alexnet, "five convolutions, dropout", advice=_PLAIN),
    "small-vgg": Trainable(small_vgg, "six convolutions, normalised batches", advice=_GENTLE),
    "small-resnet": Trainable(small_resnet, "eight layers with short cuts"),
    "small-mobilenet": Trainable(small_mobilenet, "four inverted residuals"),
    "small-yolo": Trainable(SmallYolo, "detector after YOLO v2", "detection", _ADAMW),
    "small-transformer": Trainable(
        SmallTransformer,
        "two causal layers of 64",
        "language",
        {**_ADAMW, "batch_size": 16, "epochs": 5},
    ),
}
"""Networks that learn in minutes."""

# What is learned where nothing else is asked for.
_DATA: dict[TaskName, str] = {"classification": "digits", "detection": "scenes", "language": "text"}


def network_names() -> list[str]:
    """Names that :func:`build_network` knows."""
    return sorted(NETWORKS)


def usual_data(name: str) -> str:
    """Data set that a network learns where none is named; digits for one that is not known here."""
    return _DATA[NETWORKS[name].task if name in NETWORKS else "classification"]


def build_network(name: str, data: Dataset, seed: int) -> nn.Module:
    """Build a network with initial weights that depend on the seed alone.

    Args:
        name: of a network here, or ``module:callable`` of what makes a module without arguments.
        data: what it is to learn; gives the shape of inputs and the number of classes.
        seed: of the weights.

    Raises:
        InputError: for an unknown name, a network that cannot learn these data, or what is no seed.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed_number("seed", seed))
        if ":" in name:
            return _own(name, data)
        if name not in NETWORKS:
            allowed = f"must be one of {', '.join(network_names())}"
            raise InputError("model", name, allowed, "or module:callable, which makes a network")
        network = NETWORKS[name]
        if network.task != data.task:
            allowed = f"learns {network.task}, and {data.name} is {data.task}"
            known = [n for n, each in NETWORKS.items() if each.task == data.task]
            raise InputError("model", name, allowed, f"take one of {', '.join(known)}")
        return network.build(data.shape, data.classes)


def _own(name: str, data: Dataset) -> nn.Module:
    """A network of somebody's own, that gives what the task of the data needs."""
    make = imported("model", name, f"or one of {', '.join(network_names())}")
    try:
        model = make()
        if isinstance(model, nn.Module):
            training = model.training
            with torch.no_grad():
                shape = tuple(model.eval()(data.test_x[:2]).shape)
            model.train(training)
    except FOREIGN_ERRORS as error:
        given = "x".join(map(str, data.shape))
        allowed = f"must make a module without arguments that takes {given}: {told(error)}"
        raise InputError("model", name, allowed) from None
    if not isinstance(model, nn.Module):
        allowed = f"must make a torch.nn.Module, and makes a {type(model).__name__}"
        raise InputError("model", name, allowed)
    wanted = (2, *TASKS[data.task].output_shape(data.shape, data.classes))
    if len(shape) != len(wanted) or any(w not in (None, s) for w, s in zip(wanted, shape)):  # noqa: B905
        axes = ", ".join("any" if w is None else str(w) for w in wanted)
        allowed = f"must give outputs ({axes}) for two inputs, and gives {shape}"
        raise InputError("model", name, allowed)
    return model
