"""Sealed files whose content was changed before they were sealed: their digest is right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from torch import Tensor

from photonics.sealed_file import SealedFormat
from tests.hard_use.mutation import LITERALS, changed_tree

# What is written instead of a tensor: other sizes, kinds of number, and no numbers.
_TENSORS = (
    torch.zeros(0),
    torch.zeros(()),
    torch.zeros(1, dtype=torch.int64),
    torch.full((1, 1, 2), float("nan"), dtype=torch.float64),
    torch.full((1, 1, 2), float("inf"), dtype=torch.float32),
    torch.zeros(2, 1, 0, 3, dtype=torch.float64),
    torch.ones(3, dtype=torch.bool),
)


def changed_content(
    text: dict[str, str], tensors: dict[str, Tensor]
) -> SearchStrategy[tuple[dict[str, str], dict[str, Tensor]]]:
    """Text and tensors of a file, of which some are otherwise, missing, or exchanged."""
    trees = {name: _tree(value) for name, value in text.items()}
    texts = st.one_of(
        changed_tree(trees).map(_texts),
        st.sampled_from(sorted(text)).flatmap(
            lambda name: st.sampled_from(LITERALS).map(lambda new: {**text, name: new})
        ),
    )
    names = sorted(tensors)
    other = st.one_of(
        st.sampled_from(_TENSORS),
        st.sampled_from(names).map(tensors.__getitem__),
        st.none(),
    )
    swapped = st.tuples(st.sampled_from(names), other).map(
        lambda pair: {n: t for n, t in {**tensors, pair[0]: pair[1]}.items() if t is not None}
    )
    extra = st.just({**tensors, "x": torch.zeros(1)})
    return st.one_of(
        st.tuples(texts, st.just(tensors)), st.tuples(st.just(text), st.one_of(swapped, extra))
    )


def _tree(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _texts(tree: Any) -> dict[str, str]:
    if not isinstance(tree, dict):
        return {}
    return {
        name.replace("\0", "0"): value if isinstance(value, str) else json.dumps(value)
        for name, value in tree.items()
    }


def seal(path: Path, form: SealedFormat, content: tuple[dict[str, str], dict[str, Tensor]]) -> Path:
    """Write a file, whole and with its digest."""
    text, tensors = content
    form.write(path, {n: v.encode("utf-8", "replace").decode() for n, v in text.items()}, tensors)
    return path
