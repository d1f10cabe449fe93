"""Settings that cannot act: refused, never ignored."""

from __future__ import annotations

from collections.abc import Iterable

from devices.parameters.base import Parameters
from devices.parameters.tree import default_of
from photonics.errors import InputError


def refuse_idle(part: Parameters, names: Iterable[str], why: str, within: str = "") -> None:
    """Refuse values that somebody has set where they cannot act; defaults pass.

    Args:
        part: that has the values.
        names: of its fields.
        why: ends "cannot act ...": "without heaters".
        within: dotted name of the part, with its last dot.

    Raises:
        InputError: for the first value that is not the default of its field.
    """
    for name in names:
        value, default = getattr(part, name), default_of(type(part).model_fields[name])
        if value != default:
            usual = "none" if default is None else default
            raise InputError(f"{within}{name}", value, f"cannot act {why}", f"leave it at {usual}")
