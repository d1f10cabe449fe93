"""A transformer of 12 layers with 12 heads and 768 features: the size of BERT base.

The paper says no more of its transformer than these three numbers.  An encoder of that size has
the 85,054,464 parameters that BERT base has without its embeddings (Devlin et al., NAACL 2019,
arXiv 1810.04805).
"""

from __future__ import annotations

from torch import Tensor, nn


class Transformer(nn.Module):
    """Encoder layers on features (batch, positions, width), attention by plain products."""

    def __init__(self, layers: int = 12, width: int = 768, heads: int = 12) -> None:
        super().__init__()
        self.layers = nn.ModuleList(EncoderLayer(width, heads) for _ in range(layers))

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        for layer in self.layers:
            x = layer(x)
        return x


class EncoderLayer(nn.Module):
    """Attention and two linear layers, each beside a short cut and normalised behind it."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.out = nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        q, k, v = (self._split(layer(x)) for layer in (self.query, self.key, self.value))
        scores = (q @ k.transpose(-1, -2)) * q.shape[-1] ** -0.5
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)
        x = self.norm1(x + self.out(mixed))
        y: Tensor = self.norm2(x + self.down(nn.functional.gelu(self.up(x))))
        return y

    def _split(self, x: Tensor) -> Tensor:
        """Features (B, S, E) by head, (B, H, S, E / H)."""
        heads: Tensor = x.unflatten(-1, (self.heads, -1))
        return heads.transpose(1, 2)
