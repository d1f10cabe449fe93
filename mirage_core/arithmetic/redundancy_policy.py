"""What a machine does with an integer that cannot be."""

from __future__ import annotations

import math
from itertools import count
from typing import Literal

from devices.part import Part, quantity
from mirage_core.arithmetic.redundancy import RedundantCode
from mirage_core.arithmetic.rns import ModuliSet
from photonics.errors import InputError

Policy = Literal["none", "drop", "reread", "correct"]

_COMPANION = "arXiv 2309.10759 (redundant residues, detected ones read again)"


class Redundancy(Part):
    """Protection of the integers of a machine.

    * ``none``: whatever the residues say is believed.
    * ``drop``: an integer beyond the largest dot product counts as zero.
    * ``reread``: it is read again, with fresh noise, up to ``attempts`` times, then dropped.
    * ``correct``: wrong residues are put right where the redundant moduli allow, and what they
      do not is read again as above.
    """

    policy: Policy = quantity("none", "what becomes of an impossible integer", source="choice")
    attempts: int = quantity(3, "times that it is read again", source=_COMPANION, ge=0, le=100)
    redundant_moduli: tuple[int, ...] = quantity(
        (), "moduli beside those that hold the range", source=_COMPANION
    )

    def lanes(self, moduli: ModuliSet) -> ModuliSet:
        """All moduli that a machine reads: those that hold the range, then the redundant ones."""
        return ModuliSet((*moduli.moduli, *self.redundant_moduli))

    @property
    def re_reads(self) -> int:
        """Times that the policy has an integer read again."""
        return self.attempts if self.policy in ("reread", "correct") else 0

    def check(self, moduli: ModuliSet, limit: int) -> None:
        """Refuse what cannot do as it says.

        Args:
            moduli: information moduli.
            limit: largest magnitude of a legal integer.

        Raises:
            InputError: for redundant moduli without use, re-reading without attempts, or
                correction with moduli that cannot correct.
        """
        redundant = self.redundant_moduli
        code = RedundantCode(self.lanes(moduli), limit)
        if self.policy == "none" and redundant:
            raise InputError(
                "redundancy.redundant_moduli",
                redundant,
                "are not used by the policy none",
                "set redundancy.policy to drop, reread or correct",
            )
        if self.policy == "reread" and self.attempts == 0:
            raise InputError(
                "redundancy.attempts", 0, "reread needs at least one", "or use the policy drop"
            )
        if self.policy == "correct" and code.corrects == 0:
            raise InputError(
                "redundancy.redundant_moduli",
                redundant,
                f"integers within ±{limit} differ in as few as {code.distance} of the residues by "
                f"{code.moduli.moduli}, which detects {code.detects} wrong and corrects none",
                f"use {sufficient_moduli(moduli, limit)}, or the policy reread",
            )


def sufficient_moduli(moduli: ModuliSet, limit: int) -> tuple[int, int]:
    """The smallest two redundant moduli that make one wrong residue correctable."""
    for larger in count(3):
        for smaller in range(2, larger):
            every = (*moduli.moduli, smaller, larger)
            if math.lcm(*every) == math.prod(every):
                code = RedundantCode(ModuliSet(every), limit)
                if code.corrects:
                    return smaller, larger
    raise AssertionError("unreachable: there is no largest prime")


UNPROTECTED = Redundancy()
