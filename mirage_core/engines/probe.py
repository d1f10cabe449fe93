"""A look at the readouts as they pass: I, Q, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass
class Probe:
    """Keeps the first readouts of each modulus, on the CPU.

    Attributes:
        limit: readouts kept per modulus.
        samples: for each modulus, tensors (4, n): I and Q as fractions of the converters' full
            scale, the residue sent, the residue decided.
    """

    limit: int = 4096
    samples: dict[int, Tensor] = field(default_factory=dict)

    def record(
        self, modulus: int, in_phase: Tensor, quadrature: Tensor, sent: Tensor, decided: Tensor
    ) -> None:
        """Keep readouts of equally shaped tensors until the limit is reached."""
        kept = self.samples.get(modulus, torch.empty(4, 0, device="cpu"))
        room = self.limit - kept.shape[1]
        if room > 0:
            new = [
                t.flatten()[:room].to("cpu", torch.float32)
                for t in (in_phase, quadrature, sent, decided)
            ]
            self.samples[modulus] = torch.cat([kept, torch.stack(new)], dim=1)

    def first(self, limit: int) -> Probe:
        """This probe with no more than ``limit`` readouts of each modulus."""
        return Probe(limit, {m: kept[:, :limit] for m, kept in self.samples.items()})
