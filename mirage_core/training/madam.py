"""Madam: weights that are multiplied instead of added to, as suits a logarithmic number system."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, overload

import torch
from torch import Tensor, nn

from photonics.errors import InputError


class Madam(torch.optim.Optimizer):
    """Multiplicative weight update of LNS-Madam, with weights that live on a logarithmic grid.

    Each step, for weight w with gradient g (Zhao et al., arXiv 2106.13914; Bernstein et al.,
    arXiv 2006.14560)::

        v  <- beta v + (1 - beta) g^2
        g* =  clamp(g / sqrt(v / (1 - beta^t)), -g_bound, g_bound)
        w  <- Q(w · 2^(-lr · g* · sign w))

    Q rounds log2|w| to the nearest multiple of 1/base_factor below log2 of the largest weight
    that the parameter may have, ``p_scale`` times its root mean square at the start, and clamps
    it to the ``2^(bits-1)`` codes there are.  The defaults are 16 bits and γ = 2048, the range of
    8 bits and γ = 8, so that a learning rate of 1/128 moves a weight by 16 codes per unit of g*.

    A weight never changes its sign, and a weight of exactly zero stays zero.

    Args:
        params: parameters, or groups of them, as for any optimiser of torch.
        lr: octaves by which a weight moves for a normalised gradient of one.
        beta: decay of the mean square of the gradient.
        g_bound: largest normalised gradient.
        p_scale: largest weight, in units of the root mean square at the start.
        base_factor: γ of the weights, codes for a factor of two.
        bits: of a weight, with its sign.

    Raises:
        InputError: for values out of bounds, and at the first step for a parameter that is all
            zeros, since no product can move it.
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float = 1 / 128,
        *,
        beta: float = 0.999,
        g_bound: float = 10.0,
        p_scale: float = 3.0,
        base_factor: int = 2048,
        bits: int = 16,
    ) -> None:
        for name, value in (("lr", lr), ("g_bound", g_bound), ("p_scale", p_scale)):
            if not value > 0:
                raise InputError(name, value, "must be above 0")
        if not 0 <= beta < 1:
            raise InputError("beta", beta, "must be at least 0 and below 1")
        if base_factor < 1 or not 2 <= bits <= 24:
            found = f"{base_factor}, {bits}"
            raise InputError("base_factor, bits", found, "must be at least 1, and 2 to 24")
        defaults = {
            "lr": lr,
            "beta": beta,
            "g_bound": g_bound,
            "p_scale": p_scale,
            "base_factor": base_factor,
            "bits": bits,
        }
        super().__init__(params, defaults)

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Update all parameters once."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, parameter.grad, group)
        return loss

    def _update(self, w: nn.Parameter, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[w]
        if not state:
            state["largest"] = group["p_scale"] * w.square().mean().sqrt()
            state["mean_square"] = torch.zeros_like(w)
            state["step"] = 0
            if not bool(state["largest"] > 0):
                shape = tuple(w.shape)
                allowed = "is all zeros, which no product can move"
                raise InputError("params", shape, allowed, "start it with other numbers")
        state["step"] += 1
        beta, largest = group["beta"], state["largest"]
        state["mean_square"].mul_(beta).addcmul_(gradient, gradient, value=1 - beta)
        rms = (state["mean_square"] / (1 - beta ** state["step"])).sqrt()
        # Where there never was a gradient, zero over the smallest number is zero.
        normal = gradient / rms.clamp(min=torch.finfo(rms.dtype).tiny)
        octaves = group["lr"] * normal.clamp(-group["g_bound"], group["g_bound"]) * w.sign()
        log2 = torch.log2(w.abs().double() / largest.double()) - octaves.double()
        code = (group["base_factor"] * log2).round().clamp(1 - (1 << (group["bits"] - 1)), 0)
        magnitude = largest.double() * torch.exp2(code / group["base_factor"])
        w.copy_(w.sign() * magnitude)
