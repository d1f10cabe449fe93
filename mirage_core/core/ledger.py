"""What a tensor core did, counted: the raw material of cost and of error rates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from threading import Lock
from typing import Any

from photonics.checks import shown
from photonics.errors import InputError

_LOCK = Lock()


@dataclass(repr=False)
class Counts:
    """Counts of one kind of GEMM.

    Attributes:
        gemms: matrix products.
        macs: multiply-accumulates of the products, without padding.
        tile_loads: tiles of drives written into the phase shifters.
        drives: values of the stationary operand in them, padding left out.
        rounds: tiles that the busiest unit loads, one after another.
        slots: vectors that stream past those, one after another.
        symbols: streamed vectors, one per tile they pass (all moduli in parallel), those that
            are streamed once more included.
        re_read_symbols: those that are streamed once more.
        outputs: numbers of the results.
        integers: integers reconstructed from their residues.
        wrong_integers: those of them that were not the exact dot product in the end.
        readouts: phases measured, by modulus; readings again included.
        errors: readouts decided wrongly, by modulus.
        corrected: readings of an integer that redundant residues put right (as they believe).
        detected: readings of an integer found impossible and beyond correction.
        undetected: integers that were accepted although wrong.
        re_reads: readings of an integer after its first.
        screened: readouts found certain to be decided as sent, and not evaluated.
        handed_back: readouts so near to a change of code that the reference decided them.
    """

    gemms: int = 0
    macs: int = 0
    tile_loads: int = 0
    drives: int = 0
    rounds: int = 0
    slots: int = 0
    symbols: int = 0
    re_read_symbols: int = 0
    outputs: int = 0
    integers: int = 0
    wrong_integers: int = 0
    readouts: Counter[int] = field(default_factory=Counter)
    errors: Counter[int] = field(default_factory=Counter)
    corrected: int = 0
    detected: int = 0
    undetected: int = 0
    re_reads: int = 0
    screened: int = 0
    handed_back: int = 0

    def include(self, other: Counts) -> None:
        """Count what another counted as well."""
        mine = vars(self)
        for name, count in vars(other).items():
            if isinstance(count, Counter):
                # Item by item, which keeps counts of zero.
                for modulus, n in count.items():
                    mine[name][modulus] += n
            elif count:
                mine[name] += count

    def __add__(self, other: Counts) -> Counts:
        merged = replace(self, readouts=Counter(self.readouts), errors=Counter(self.errors))
        merged.include(other)
        return merged

    def __repr__(self) -> str:
        """What was counted at all."""
        counted = ((f.name, getattr(self, f.name)) for f in fields(Counts))
        shown = (f"{name}={dict(n) if isinstance(n, Counter) else n}" for name, n in counted if n)
        return f"Counts({', '.join(shown)})"

    @property
    def dropped(self) -> int:
        """Integers given up: found impossible, and not read again. They count as zero."""
        return self.detected - self.re_reads

    @property
    def residue_error_rate(self) -> float:
        """Wrong readouts over all readouts; zero if none was made."""
        readouts = self.readouts.total()
        return self.errors.total() / readouts if readouts else 0.0


@dataclass(repr=False)
class Ledger:
    """Counts by kind of GEMM: ``forward``, ``dx``, ``dw``, or ``matmul`` for direct calls."""

    kinds: dict[str, Counts] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Products, integers and wrong ones of each kind; :attr:`total` and the kinds have more."""
        shown = (
            f"{kind}: {n.gemms} products, {n.integers} integers, {n.wrong_integers} wrong"
            for kind, n in self.kinds.items()
        )
        return f"Ledger({'; '.join(shown)})"

    def add(self, kind: str, counts: Counts) -> None:
        """Enter the counts of one GEMM; threads of several backwards may do so at once."""
        with _LOCK:
            self.kinds[kind] = self.kinds.get(kind, Counts()) + counts

    def include(self, other: Ledger) -> None:
        """Enter all that another ledger has."""
        for kind, counts in other.kinds.items():
            self.add(kind, counts)

    @property
    def total(self) -> Counts:
        """Sum over all kinds."""
        with _LOCK:
            return sum(self.kinds.values(), Counts())

    def as_dict(self) -> dict[str, dict[str, Any]]:
        """Plain numbers, for JSON and checkpoints."""
        with _LOCK:
            kinds = dict(self.kinds)
        return {
            kind: {
                name: dict(v) if isinstance(v, Counter) else v for name, v in vars(counts).items()
            }
            for kind, counts in kinds.items()
        }

    @classmethod
    def from_dict(cls, data: dict[str, dict[str, Any]]) -> Ledger:
        """Inverse of :meth:`as_dict`, by way of JSON too, which makes strings of moduli.

        Raises:
            InputError: for what is no ledger, and a count that is not known.
        """
        if not isinstance(data, Mapping) or not all(isinstance(v, Mapping) for v in data.values()):
            remedy = "save one by ledger.as_dict()"
            raise InputError("ledger", shown(data), "must be counts by kind of product", remedy)
        known = {f.name for f in fields(Counts)}

        def counts(values: dict[str, Any]) -> Counts:
            for name in values.keys() - known:
                remedy = "load it with the version that saved it"
                raise InputError("ledger", name, "is no count of a ledger", remedy)
            counted: dict[str, Any] = {
                name: Counter({int(modulus): n for modulus, n in v.items()})
                if isinstance(v, dict)
                else v
                for name, v in values.items()
            }
            return Counts(**counted)

        return cls({kind: counts(values) for kind, values in data.items()})
