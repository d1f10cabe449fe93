"""From decided residues to integers, under a machine's redundancy.

Legend of shapes: G group, n streamed vector, m stationary row of a block; S suspects, integers
that failed the check.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from mirage_core.arithmetic.redundancy import RedundantCode
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.engines.base import DotBlock, Readings

if TYPE_CHECKING:
    from mirage_core.arithmetic.redundancy_policy import Redundancy


@cache
def _code(moduli: ModuliSet, limit: int) -> RedundantCode:
    return RedundantCode(moduli, limit)


def reconstruct(
    readings: Readings, moduli: ModuliSet, redundancy: Redundancy | None, limit: int
) -> DotBlock:
    """Reconstruct the integers of a block; check, correct, read again or drop what cannot be.

    The check of all integers is one comparison; the rest is done for the few that fail it.
    Readings again are made while the tile is still loaded, symbol by symbol as checks fail, so
    they cost symbols and readouts but no tile load.

    Args:
        readings: decided residues, and the way to read again.
        moduli: all moduli that were read.
        redundancy: the policy; none believes whatever the residues say.
        limit: largest magnitude of a legal integer.
    """
    errors = Counter(_errors(readings.residues, readings.exact, moduli))
    if redundancy is None or redundancy.policy == "none":
        dots = moduli.combine_reduced(readings.residues)
        wrong = int((dots != readings.exact).sum()) if errors.total() else 0
        return DotBlock(
            readings.vectors, readings.rows, dots, wrong, dict(errors), undetected=wrong
        )
    code = _code(moduli, limit)
    dots, legal = code.check_reduced(readings.residues)
    suspects = (~legal).nonzero()
    read = [residue[~legal] for residue in readings.residues]
    corrected = detected = re_reads = symbols = 0
    for attempt in range(redundancy.re_reads + 1):
        if not len(suspects):
            break
        if attempt:
            read = readings.again(suspects, attempt)
            errors.update(_errors(read, readings.exact[tuple(suspects.T)], moduli))
            re_reads += len(suspects)
            symbols += _symbols(suspects, readings)
        decoded = code.decode_reduced(read, correct=redundancy.policy == "correct")
        accepted = suspects[decoded.accepted]
        dots[tuple(accepted.T)] = decoded.integers[decoded.accepted]
        corrected += int(decoded.corrected.sum())
        suspects = suspects[~decoded.accepted]
        detected += len(suspects)
    dropped = tuple(suspects.T)
    dots[dropped] = 0
    wrong = int((dots != readings.exact).sum()) if errors.total() else 0
    return DotBlock(
        readings.vectors,
        readings.rows,
        dots,
        wrong,
        dict(errors),
        corrected=corrected,
        detected=detected,
        undetected=wrong - int((readings.exact[dropped] != 0).sum()),
        re_reads=re_reads,
        re_read_symbols=symbols,
    )


def reconstruct_few(
    readings: Readings,
    decided: Sequence[tuple[Tensor, Tensor]],
    moduli: ModuliSet,
    redundancy: Redundancy | None,
    limit: int,
) -> tuple[Tensor, DotBlock]:
    """Reconstruct the integers of a block of which some residue was decided otherwise than sent.

    Args:
        readings: of the whole block, without residues.
        decided: of each modulus the readouts decided otherwise: indices (g, n, m) in the block,
            (S, 3), and residues, (S,).
        moduli: all moduli that were read.
        redundancy: the policy.
        limit: largest magnitude of a legal integer.

    Returns:
        Their indices (g, n, m), (S, 3), and their integers with what became of them.
    """
    places, owner = torch.cat([place for place, _ in decided]).unique(dim=0, return_inverse=True)
    exact = readings.exact[tuple(places.T)].long()
    residues = [torch.remainder(exact, m) for m in moduli.moduli]
    parts = owner.split([len(place) for place, _ in decided])
    for residue, (_, read), index in zip(residues, decided, parts, strict=True):
        residue[index] = read.long()

    def again(suspects: Tensor, attempt: int) -> list[Tensor]:
        return readings.again(places[suspects[:, 0]], attempt)

    few = replace(readings, exact=exact, residues=residues, again=again, places=places)
    return places, reconstruct(few, moduli, redundancy, limit)


def _errors(read: list[Tensor], exact: Tensor, moduli: ModuliSet) -> dict[int, int]:
    """Residues decided wrongly, by modulus."""
    return {
        m: int((residue != torch.remainder(exact, m)).sum())
        for m, residue in zip(moduli.moduli, read, strict=True)
    }


def _symbols(suspects: Tensor, readings: Readings) -> int:
    """Different (group, vector, tile) among integers."""
    place = suspects if readings.places is None else readings.places[suspects[:, 0]]
    symbol = torch.cat([place[:, :2], place[:, 2:] // readings.tile_rows], dim=1)
    return len(symbol.unique(dim=0))
