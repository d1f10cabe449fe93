"""Linear and convolution layers on the tensor core.

They are the torch layers by inheritance, so parameters, state dictionaries, initialisation and
hooks stay what they were; only the matrix product moves onto the machine.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mirage_core.core.matrix_core import MatrixCore
from mirage_core.learning.autograd import optical_linears
from photonics.errors import InputError


class OpticalLinear(nn.Linear):
    """``nn.Linear`` whose products run on ``optical_core``."""

    optical_core: MatrixCore
    optical_name: str

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002, D102
        operands = [(input, self.weight)]
        (y,) = optical_linears(operands, self.optical_core, self.optical_name, self.training)
        return y if self.bias is None else y + self.bias


class OpticalConv2d(nn.Conv2d):
    """``nn.Conv2d`` as one product per channel group of unfolded patches.

    The contracted axis runs over kernel row, kernel column and then channel, so that a group of
    block floating point holds neighbouring channels of one pixel where there are enough of them.
    """

    optical_core: MatrixCore
    optical_name: str

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002, D102
        if input.ndim not in (3, 4) or input.shape[-3] != self.in_channels:
            allowed = f"must be images with {self.in_channels} channels"
            raise InputError(self.optical_name or "input", tuple(input.shape), allowed)
        images = input if input.ndim == 4 else input.unsqueeze(0)
        patches, height, width = self._patches(images)
        operands = [
            (patch.flatten(2), weight.permute(0, 2, 3, 1).flatten(1))
            for patch, weight in zip(
                patches.chunk(self.groups, dim=-1),
                self.weight.chunk(self.groups, dim=0),
                strict=True,
            )
        ]
        outputs = optical_linears(operands, self.optical_core, self.optical_name, self.training)
        y: Tensor = torch.cat(outputs, dim=-1).transpose(1, 2).unflatten(2, (height, width))
        if self.bias is not None:
            y = y + self.bias[:, None, None]
        return y if input.ndim == 4 else y.squeeze(0)

    def _patches(self, images: Tensor) -> tuple[Tensor, int, int]:
        """Patches (batch, pixels, kernel area, channels) and the size of the output image."""
        left_right_top_bottom = self._reversed_padding_repeated_twice
        mode = "constant" if self.padding_mode == "zeros" else self.padding_mode
        padded = F.pad(images, left_right_top_bottom, mode=mode)
        (kh, kw), (sh, sw), (dh, dw) = self.kernel_size, self.stride, self.dilation
        height = (padded.shape[2] - dh * (kh - 1) - 1) // sh + 1
        width = (padded.shape[3] - dw * (kw - 1) - 1) // sw + 1
        columns = F.unfold(padded, (kh, kw), dilation=(dh, dw), stride=(sh, sw))
        patches = columns.unflatten(1, (images.shape[1], kh * kw)).permute(0, 3, 2, 1)
        return patches, height, width
