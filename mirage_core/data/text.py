"""Texts, character by character."""

from __future__ import annotations

from pathlib import Path

import torch

from mirage_core.data.dataset import Dataset
from photonics.errors import InputError
from photonics.files import read_text

LENGTH = 64
"""Characters that are read at once."""
_TEST = 0.1
_MOST = 60_000


def text_file(path: Path) -> Dataset:
    """A text in UTF-8; its last tenth is for the test.

    Raises:
        InputError: for what cannot be read, or is too short.
    """
    return characters(f"text:{path}", read_text(path, "data")[1], f"text in {path}")


def topics() -> Dataset:
    """The first 60,000 characters of Python's own help topics, which differ by its version."""
    from pydoc_data.topics import topics as by_name

    text = "\n".join(by_name[name] for name in sorted(by_name))[:_MOST]
    return characters("text", text, "help topics of Python, pydoc_data.topics")


def characters(name: str, text: str, source: str) -> Dataset:
    """A text in pieces of 64 characters, each with the characters that come next.

    Raises:
        InputError: for a text too short for a piece to learn from and one for the test, and for
            one character again and again.
    """
    known = sorted(set(text))
    if len(known) == 1:
        allowed = "must have two different characters or more: of one there is nothing to learn"
        raise InputError(name, f"{text[0]!r} alone", allowed)
    number = {character: i for i, character in enumerate(known)}
    codes = torch.tensor([number[character] for character in text], dtype=torch.long)
    test = max(LENGTH + 1, round(_TEST * len(codes)))
    if len(codes) < test + LENGTH + 1:
        allowed = f"must be {2 * (LENGTH + 1)} characters or more"
        raise InputError(name, f"{len(codes)} characters", allowed)
    pieces = [
        (part[:-1].unfold(0, LENGTH, LENGTH), part[1:].unfold(0, LENGTH, LENGTH))
        for part in (codes[:-test], codes[-test:])
    ]
    return Dataset(name, *pieces[0], *pieces[1], len(known), source, "language")
