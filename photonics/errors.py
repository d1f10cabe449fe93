"""The one way in which a bad value is refused."""

from __future__ import annotations

import copyreg

# Of what users give, and of what we say: no lines of pages where a file is damaged.
_LONGEST_PART, _LONGEST = 300, 1500
FOREIGN_ERRORS = (Exception, SystemExit)
"""Whatever code of somebody else may raise; interruptions go on."""


def escaped(text: str, but: str = "") -> str:
    """A text on which terminals do not act: control characters, but some, as Python writes them."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in but else ascii(c)[1:-1] for c in text)


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
        tail = f"; {self.plain(remedy)}" if remedy else ""
        name, found = self.plain(field, _LONGEST_PART), self.plain(repr(value), _LONGEST_PART)
        super().__init__(f"{name} = {found}: {self.plain(allowed)}{tail}")

    @staticmethod
    def plain(text: str, longest: int = _LONGEST) -> str:
        """A text as one line of a terminal: without control characters, and not too long."""
        return escaped(
            text if len(text) <= longest else f"{text[:longest]}... ({len(text)} characters)"
        )

    def __reduce__(self) -> tuple[object, ...]:
        """Copied and pickled, also between processes, without being made anew."""
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]
