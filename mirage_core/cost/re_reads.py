r"""Readings again that a machine's redundancy comes to, for a rate of wrong residues.

An integer is read again while its last reading is found impossible, R times at most.  With p the
chance of that for one reading, and integers of one tile and vector sharing a symbol::

    readings again of an integer        p + p² + ... + p^R
    symbols again of m rows             1 - (1 - p)^m + 1 - (1 - p²)^m + ...

Readings count as independent and alike (:mod:`mirage_core.arithmetic.error_probabilities`).  What
rows have in common leaves the first as it is and makes the second less; readouts that fare worse
than others fail again more often.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from mirage_core.arithmetic.error_probabilities import one_reading
from mirage_core.arithmetic.redundancy import RedundantCode
from mirage_core.arithmetic.residue_errors import ResidueErrors
from mirage_core.machine.config import MachineConfig
from photonics.errors import InputError
from photonics.representation import one_line


@dataclass(frozen=True)
class ReReads:
    """How often integers are read again.

    Attributes:
        impossible: chance that one reading of an integer is found impossible, and beyond
            correction.
        attempts: times that it is read again at most.
    """

    impossible: float = 0.0
    attempts: int = 0

    __repr__ = one_line

    @classmethod
    def of(cls, machine: MachineConfig, error_rate: float) -> ReReads:
        """Of a machine whose readouts slip to a neighbouring residue at a rate.

        Args:
            machine: any.
            error_rate: wrong residues over all; as ledgers count, and studies predict.

        Raises:
            InputError: for no rate, or a machine that reads nothing again.
        """
        if not 0.0 <= error_rate <= 1.0:
            raise InputError("error_rate", error_rate, "must be between 0 and 1")
        redundancy = machine.redundancy
        if error_rate and not redundancy.re_reads:
            said = f"is for machines that read again, and {machine.name} has redundancy.policy="
            said += redundancy.policy
            remedy = "take robust, or set redundancy.policy=reread"
            raise InputError("error_rate", error_rate, said, remedy)
        code = RedundantCode(machine.all_moduli, machine.bfp.max_dot)
        errors, correct = ResidueErrors(probability=error_rate), redundancy.policy == "correct"
        # Dot products are small: the chance is that of zero.
        once = one_reading(code, errors, torch.tensor(0), correct)
        return cls(float(once.detected), redundancy.re_reads)

    @property
    def of_integer(self) -> float:
        """Readings again of an integer, on the mean."""
        return sum(self._chances)

    def of_symbol(self, rows: int) -> float:
        """Symbols again of a vector past so many rows, on the mean."""
        return sum(1.0 - (1.0 - chance) ** rows for chance in self._chances)

    @property
    def _chances(self) -> list[float]:
        """That an integer is read again once, twice, ..."""
        return [self.impossible**attempt for attempt in range(1, self.attempts + 1)]


NOTHING_AGAIN = ReReads()
"""Of a machine that never errs, or that believes what it reads."""
