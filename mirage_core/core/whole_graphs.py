"""Graphs of a compiler that may not break, in which no core can multiply."""

from __future__ import annotations

from typing import Any

import torch

from photonics.errors import InputError


class WholeGraphError(InputError, AssertionError):
    """Products in a graph that may not break.

    The compiler passes an assertion on, and wraps any other error in pages of its own; what it adds
    to the arguments is not shown.
    """

    def __init__(self, where: str, remedy: str) -> None:
        super().__init__("model", where, "leaves out what brings its products to a core", remedy)
        self._said = str(self.args[0])

    def __str__(self) -> str:
        return self._said


def require_breaks() -> None:
    """Refuse to be a part of a graph that may not break.

    The compiler runs this while it reads the code that calls it.

    Raises:
        WholeGraphError: in ``torch.compile(fullgraph=True)`` and in ``torch.export``.
    """
    from torch._dynamo.symbolic_convert import InstructionTranslator

    reading: Any = InstructionTranslator.current_tx()
    if reading.export:
        raise WholeGraphError("in torch.export", "export what revert(model) gives")
    if reading.one_graph:
        raise WholeGraphError("in torch.compile(fullgraph=True)", "leave out fullgraph")


# As torch.compiler.assume_constant_result does, which loads the compiler, 2 s of CPU.
require_breaks._dynamo_marked_constant = True  # type: ignore[attr-defined]


def require_no_whole_graph() -> None:
    """Refuse products where a compiler wants a graph that does not break.

    Raises:
        WholeGraphError: in ``torch.compile(fullgraph=True)`` and in ``torch.export``.
    """
    if torch.compiler.is_dynamo_compiling():
        require_breaks()
