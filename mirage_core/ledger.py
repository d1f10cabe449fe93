"""What a tensor core did, counted: the raw material of cost and of error rates."""

from __future__ import annotations

from dataclasses import dataclass, field, fields


@dataclass
class Counts:
    """Counts of one kind of GEMM.

    Attributes:
        gemms: matrix products.
        macs: multiply-accumulates of the products, without padding.
        tile_loads: tiles of drives written into the phase shifters.
        symbols: streamed vectors, one per tile they pass (all moduli in parallel).
        readouts: phases measured, over all rows and moduli.
        residue_errors: readouts decided wrongly.
        integers: integers reconstructed from their residues.
        wrong_integers: those of them that were not the exact dot product.
    """

    gemms: int = 0
    macs: int = 0
    tile_loads: int = 0
    symbols: int = 0
    readouts: int = 0
    residue_errors: int = 0
    integers: int = 0
    wrong_integers: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Counts)))

    @property
    def residue_error_rate(self) -> float:
        """Wrong readouts over all readouts; zero if none was made."""
        return self.residue_errors / self.readouts if self.readouts else 0.0


@dataclass
class Ledger:
    """Counts by kind of GEMM: ``forward``, ``dx``, ``dw``, or ``matmul`` for direct calls."""

    kinds: dict[str, Counts] = field(default_factory=dict)

    def add(self, kind: str, counts: Counts) -> None:
        """Enter the counts of one GEMM."""
        self.kinds[kind] = self.kinds.get(kind, Counts()) + counts

    @property
    def total(self) -> Counts:
        """Sum over all kinds."""
        return sum(self.kinds.values(), Counts())

    def reset(self) -> None:
        """Forget everything."""
        self.kinds.clear()

    def as_dict(self) -> dict[str, dict[str, int]]:
        """Plain numbers, for JSON and checkpoints."""
        return {
            kind: {f.name: getattr(c, f.name) for f in fields(Counts)}
            for kind, c in self.kinds.items()
        }

    @classmethod
    def from_dict(cls, data: dict[str, dict[str, int]]) -> Ledger:
        """Inverse of :meth:`as_dict`."""
        return cls({kind: Counts(**counts) for kind, counts in data.items()})
