"""Optimisers by name."""

from __future__ import annotations

import torch
from torch import nn

from mirage_core.training.madam import Madam
from mirage_core.training.recipe import Recipe
from photonics.errors import InputError


def optimizer_for(recipe: Recipe, model: nn.Module) -> torch.optim.Optimizer:
    """The optimiser of a recipe.

    Raises:
        InputError: for weight decay where there is none, and a model without weights
            to train.
    """
    parameters, lr, decay = list(model.parameters()), recipe.learning_rate, recipe.weight_decay
    if not parameters:
        raise InputError("model", recipe.model, "has no weights to train")
    if recipe.epochs and not any(p.requires_grad for p in parameters):
        remedy = "let one require gradients, or evaluate alone with --epochs 0"
        raise InputError("model", recipe.model, "has frozen weights alone", remedy)
    if recipe.optimizer == "sgd":
        momentum = recipe.momentum
        return torch.optim.SGD(parameters, lr=lr, momentum=momentum, weight_decay=decay)
    if recipe.optimizer == "adam":
        return torch.optim.Adam(parameters, lr=lr, weight_decay=decay)
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(parameters, lr=lr, weight_decay=decay)
    if decay:
        raise InputError("weight_decay", decay, "Madam has none", "leave it out")
    return Madam(parameters, lr=lr, p_scale=recipe.weight_bound)
