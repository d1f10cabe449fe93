"""Batches that layers normalise over, of which there must be enough."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from photonics.errors import InputError


@contextmanager
def normalised(samples: int, asked: int, field: str = "batch_size") -> Iterator[None]:
    """Run a network in training on a batch.

    Args:
        samples: in the batch.
        asked: size of batches that was asked for, which the last may fall short of.
        field: name of that size.

    Raises:
        InputError: for a batch of one sample where a layer normalises over it.
    """
    try:
        yield
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        allowed = f"leaves a batch of {samples}, over which a layer cannot normalise"
        raise InputError(field, asked, allowed, "take another --batch") from None
