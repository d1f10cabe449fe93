"""Learning rates by step: those of torch's schedulers, as functions of the step alone.

A function needs no state, so that a resumed training, of more epochs too, has but one way to go on.
"""

from __future__ import annotations

import math

from mirage_core.training.recipe import Recipe


def learning_rate(recipe: Recipe, step: int, steps_per_epoch: int) -> float:
    """Learning rate of a step, counted from 0.

    It first rises in a straight line, over ``warmup_epochs``; what follows is torch's ``LinearLR``
    or ``CosineAnnealingLR`` to zero, ``StepLR``, or constant.
    """
    warm = round(recipe.warmup_epochs * steps_per_epoch)
    if step < warm:
        return recipe.learning_rate * (step + 1) / (warm + 1)
    done, total = step - warm, recipe.epochs * steps_per_epoch - warm
    return _left(recipe, done, total, steps_per_epoch) * recipe.learning_rate


def _left(recipe: Recipe, done: int, total: int, steps_per_epoch: int) -> float:
    """What is left of the highest learning rate."""
    if recipe.schedule == "linear":
        return 1.0 - done / total
    if recipe.schedule == "cosine":
        return 0.5 * (1.0 + math.cos(math.pi * done / total))
    if recipe.schedule == "step":
        falls: int = done // (recipe.step_epochs * steps_per_epoch)
        return float(recipe.step_factor**falls)
    return 1.0
