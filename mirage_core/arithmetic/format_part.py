"""What all number formats have in common: an impossible one is refused in one line."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from devices.parameters.part import Part
from devices.parameters.parts_file import first_problem


class FormatPart(Part):
    """Base of the parameters of number formats.

    Raises:
        InputError: for an impossible format, wherever it is made.
    """

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise first_problem(error, type(self)) from None
