"""A small causal transformer on characters.

Layers as of Radford et al., "Language models are unsupervised multitask learners", 2019:
normalised before attention and before the two linear layers.

Legend of shapes: B text, T place, E feature, V character.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mirage_core.networks.small.images import Shape
from photonics.errors import InputError


class Block(nn.Module):
    """Attention to what came before, and two linear layers, each beside a short cut."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor, hidden: Tensor) -> Tensor:  # noqa: D102
        y = self.norm1(x)
        x = x + self.attention(y, y, y, attn_mask=hidden, need_weights=False)[0]
        z: Tensor = x + self.down(nn.functional.gelu(self.up(self.norm2(x))))
        return z


class SmallTransformer(nn.Module):
    """Characters (B, T) to what each next one may be (B, T, V)."""

    hidden: Tensor

    def __init__(
        self, shape: Shape, classes: int, layers: int = 2, width: int = 64, heads: int = 2
    ) -> None:
        super().__init__()
        if len(shape) != 1:
            told = "x".join(map(str, shape))
            allowed = f"learns texts, and the data are {told}"
            raise InputError("model", "small-transformer", allowed, "take --data text")
        self.embedding = nn.Embedding(classes, width)
        self.places = nn.Parameter(torch.zeros(shape[0], width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm, self.next = nn.LayerNorm(width), nn.Linear(width, classes)
        later = torch.ones(shape[0], shape[0], dtype=torch.bool).triu(1)
        self.register_buffer("hidden", later, persistent=False)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        length = x.shape[1]
        y = self.embedding(x) + self.places[:length]
        for block in self.blocks:
            y = block(y, self.hidden[:length, :length])
        z: Tensor = self.next(self.norm(y))
        return z
