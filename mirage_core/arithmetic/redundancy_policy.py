"""What a machine does with an integer that cannot be."""

from __future__ import annotations

import math
from bisect import bisect_left
from functools import partial
from typing import Literal, Self

from pydantic import field_validator, model_validator

from devices.parameters.base import Parameters, quantity
from devices.parameters.tree import NONE
from mirage_core.arithmetic.moduli_choice import coprime_near, shared_factor
from mirage_core.arithmetic.redundancy import RedundantCode, least_distance
from mirage_core.arithmetic.rns import MAX_PRODUCT, ModuliSet
from photonics.errors import InputError

# Larger moduli looked at before the search gives up; a handful is the rule.
_PATIENCE = 1000

Policy = Literal["none", "drop", "reread", "correct"]

_COMPANION = "arXiv 2309.10759 (redundant residues, detected ones read again)"


class Redundancy(Parameters):
    """Protection of the integers of a machine.

    Attempts other than the default, and redundant moduli, that the policy has no use for are
    refused.

    * ``none``: whatever the residues say is believed.
    * ``drop``: an integer beyond the largest dot product counts as zero.
    * ``reread``: it is read again, with fresh noise, up to ``attempts`` times, then dropped.
    * ``correct``: wrong residues are put right where the redundant moduli allow, and what they
      do not is read again as above.
    """

    policy: Policy = quantity("none", "what becomes of an impossible integer", source="choice")
    attempts: int = quantity(
        3,
        "times that it is read again at most, by reread and correct",
        source="choice; reading detected errors again is of arXiv 2309.10759",
        ge=0,
        le=100,
    )
    redundant_moduli: tuple[int, ...] = quantity(
        (), "moduli beside those that hold the range", source=_COMPANION
    )

    @field_validator("attempts", mode="before")
    @classmethod
    def _left_out(cls, value: object) -> object:
        # Files from when it could be left out say so.
        return cls.model_fields["attempts"].default if value in (None, NONE) else value

    @model_validator(mode="after")
    def _means_what_it_says(self) -> Self:
        reads_again = self.policy in ("reread", "correct")
        unused = self.attempts != type(self).model_fields["attempts"].default
        if unused and not reads_again:
            raise InputError(
                "attempts",
                self.attempts,
                f"are not used by the policy {self.policy}",
                "leave them out, or set redundancy.policy to reread or correct",
            )
        if self.attempts == 0 and self.policy == "reread":
            raise InputError("attempts", 0, "reread needs at least one", "or use the policy drop")
        if self.policy == "none" and self.redundant_moduli:
            raise InputError(
                "redundant_moduli",
                self.redundant_moduli,
                "are not used by the policy none",
                "set redundancy.policy to drop, reread or correct",
            )
        return self

    def all_moduli(self, moduli: ModuliSet) -> ModuliSet:
        """All moduli that a machine reads: those that hold the range, then the redundant ones."""
        return ModuliSet((*moduli.moduli, *self.redundant_moduli))

    @property
    def re_reads(self) -> int:
        """Times that the policy has an integer read again."""
        if self.policy in ("none", "drop"):
            return 0
        return self.attempts

    def check(self, moduli: ModuliSet, limit: int) -> None:
        """Refuse what cannot do as it says.

        Args:
            moduli: information moduli.
            limit: largest magnitude of a legal integer.

        Raises:
            InputError: for redundant moduli that are not coprime to the others, or correction
                with moduli that cannot correct.
        """
        redundant = self.redundant_moduli
        self._require_coprime(moduli, limit)
        code = RedundantCode(self.all_moduli(moduli), limit)
        if self.policy == "correct" and code.corrects == 0:
            enough = sufficient_moduli(moduli, limit)
            raise InputError(
                "redundancy.redundant_moduli",
                redundant,
                f"integers within ±{limit} differ in as few as {code.distance} of the residues by "
                f"{code.moduli.moduli}, which detects {code.detects} wrong and corrects none",
                f"use {enough}, or the policy reread" if enough else "use the policy reread",
            )

    def _require_coprime(self, moduli: ModuliSet, limit: int) -> None:
        redundant, every = self.redundant_moduli, (*moduli.moduli, *self.redundant_moduli)
        pair = shared_factor(every)
        if any(m < 2 for m in redundant):
            allowed = f"{min(redundant)} is below 2"
        elif pair is not None:
            allowed = (
                f"must be coprime to {moduli.moduli} and to each other, but {pair[0]} and "
                f"{pair[1]} share {pair[2]}"
            )
        elif math.prod(every) >= MAX_PRODUCT:
            allowed = f"their product with that of {moduli.moduli} must be below 2^62"
        else:
            return
        near = coprime_near(redundant, beside=moduli.moduli)
        enough = sufficient_moduli(moduli, limit) if self.policy == "correct" else None
        remedy = f"use {enough}" if enough else ""
        if self._does(moduli, near, limit):
            remedy = f"near to it is {near}"
        raise InputError("redundancy.redundant_moduli", redundant, allowed, remedy)

    def _does(self, moduli: ModuliSet, redundant: tuple[int, ...], limit: int) -> bool:
        """Whether the policy would work with other redundant moduli."""
        every = (*moduli.moduli, *redundant)
        corrects = least_distance(every, limit) >= 3
        return math.prod(every) < MAX_PRODUCT and (corrects or self.policy != "correct")


def sufficient_moduli(moduli: ModuliSet, limit: int) -> tuple[int, int] | None:
    """The smallest two redundant moduli that make one wrong residue correctable.

    Two legal integers must differ in three residues: with n moduli and two redundant ones, the
    product of the n smallest must exceed ``2 limit``.  It grows with either of the two, so that
    all smaller ones can be passed over at once.

    Returns:
        The two, the larger one as small as can be; none where the moduli do not hold the range
        by themselves, or where the product of all would be too large.
    """

    def corrects(smaller: int, larger: int) -> bool:
        return least_distance((*moduli.moduli, smaller, larger), limit) >= 3

    # Two that exceed all others leave these the smallest, and they hold the range.
    enough = max(moduli.moduli) + 2
    if not corrects(enough - 1, enough):
        return None
    first = bisect_left(range(enough), True, lo=3, key=lambda larger: corrects(larger - 1, larger))
    for larger in range(first, first + _PATIENCE):
        if math.gcd(larger, moduli.product) > 1:
            continue
        room = MAX_PRODUCT // (moduli.product * larger)
        least = bisect_left(range(larger), True, lo=2, key=partial(corrects, larger=larger))
        for smaller in range(least, min(larger, room)):
            if math.gcd(smaller, moduli.product * larger) == 1:
                return smaller, larger
    return None


UNPROTECTED = Redundancy()
