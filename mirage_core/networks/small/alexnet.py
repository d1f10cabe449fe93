"""A small network after AlexNet (Krizhevsky, arXiv 1404.5997): five convolutions, dropout."""

from __future__ import annotations

from torch import nn

from mirage_core.networks.small.images import Shape, features_of, image_of


def small_alexnet(shape: Shape, classes: int) -> nn.Module:
    """Five convolutions, pooled after the first, second and last, and two linear layers."""
    channels, _, _ = image_of("small-alexnet", shape, 8)
    body = nn.Sequential(
        *(nn.Conv2d(channels, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 48, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(48, 48, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(48, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
    )
    return nn.Sequential(
        *body,
        *(nn.Dropout(0.25), nn.Linear(features_of(body, shape), 128), nn.ReLU()),
        *(nn.Dropout(0.25), nn.Linear(128, classes)),
    )
