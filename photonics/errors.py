"""The one way in which a bad value is refused."""

from __future__ import annotations

import copyreg


class InputError(ValueError):
    """A value from outside that cannot be used.

    The message is one line that names the field, the value found, what is allowed, and how to
    mend it, so that a command line can print it as it is.

    Args:
        field: name of the parameter, as the user would write it.
        value: what was found.
        allowed: what would have been accepted.
        remedy: what to do about it; may be empty.
    """

    def __init__(self, field: str, value: object, allowed: str, remedy: str = "") -> None:
        self.field, self.value, self.allowed, self.remedy = field, value, allowed, remedy
        tail = f"; {remedy}" if remedy else ""
        super().__init__(f"{field} = {value!r}: {allowed}{tail}")

    def __reduce__(self) -> tuple[object, ...]:
        """Copied and pickled, also between processes, without being made anew."""
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]
