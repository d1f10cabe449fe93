"""``einsum`` and ``tensordot`` as matrix products at a site."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import torch
from torch import Tensor

from mirage_core.learning.site import Site
from photonics.errors import InputError

Labels = list[Any]


def tensordot(site: Site, a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """``torch.tensordot``: a sum over pairs of axes, given as a number or as two lists."""
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, int):
        pairs = list(range(a.ndim - dims, a.ndim)), list(range(dims))
    else:
        of_a, of_b = ([side] if isinstance(side, int) else list(side) for side in dims)
        pairs = [axis % a.ndim for axis in of_a], [axis % b.ndim for axis in of_b]
    labels_a: Labels = [("a", axis) for axis in range(a.ndim)]
    labels_b: Labels = [("b", axis) for axis in range(b.ndim)]
    for i, j in zip(*pairs, strict=True):
        if a.shape[i] != b.shape[j]:
            shapes = f"{tuple(a.shape)}, {tuple(b.shape)}"
            raise InputError("tensordot", shapes, f"axes {i} and {j} must be equally long")
        labels_b[j] = labels_a[i]
    kept = [x for x in labels_a if x not in labels_b] + [x for x in labels_b if x not in labels_a]
    return _pair(site, (a, labels_a), (b, labels_b), kept).contiguous()


def einsum(site: Site, *args: Any) -> Tensor:
    """``torch.einsum``: operands are contracted in pairs, from left to right."""
    operands, inputs, output = _parsed(args)
    terms = [_diagonal(x, labels) for x, labels in zip(operands, inputs, strict=True)]
    first, *rest = terms
    while rest:
        second, *rest = rest
        later = set(chain(output, *(labels for _, labels in rest)))
        kept = [x for x in dict.fromkeys([*first[1], *second[1]]) if x in later]
        first = _pair(site, first, second, kept), kept
    return _arranged(*first, output).contiguous()


def _parsed(args: Sequence[Any]) -> tuple[list[Tensor], list[Labels], Labels]:
    """Operands, a label for every axis of them, and the labels of the result."""
    if isinstance(args[0], str):
        equation, operands = args[0].replace(" ", ""), list(args[1:])
        if len(operands) == 1 and isinstance(operands[0], list | tuple):
            operands = list(operands[0])
        left, arrow, right = equation.partition("->")
        inputs = [_letters(term) for term in left.split(",")]
        output = _letters(right) if arrow else None
    else:
        operands, inputs = list(args[0::2]), [list(labels) for labels in args[1::2]]
        output = list(operands.pop()) if len(args) % 2 else None
    if len(operands) != len(inputs):
        raise InputError("einsum", f"{len(operands)} operands", f"has {len(inputs)} terms")
    # Axes of an ellipsis are numbered from the last one, as in broadcasting.
    spread = [_spread(labels, x.ndim) for labels, x in zip(inputs, operands, strict=True)]
    for labels, x in zip(spread, operands, strict=True):
        if len(labels) != x.ndim:
            raise InputError("einsum", tuple(x.shape), f"must have {len(labels)} axes")
    seen = list(chain(*spread))
    dots = sorted({x for x in seen if isinstance(x, tuple)})
    if output is None:
        once = sorted(x for x in set(seen) if not isinstance(x, tuple) and seen.count(x) == 1)
        return operands, spread, [*dots, *once]
    at = output.index(...) if ... in output else len(output)
    return operands, spread, [*output[:at], *(dots if ... in output else ()), *output[at + 1 :]]


def _letters(term: str) -> Labels:
    return list(chain(*([*part, ...] for part in term.split("..."))))[:-1]


def _spread(labels: Labels, axes: int) -> Labels:
    if ... not in labels:
        return labels
    at, count = labels.index(...), axes - len(labels) + 1
    return [*labels[:at], *(("...", i - count) for i in range(count)), *labels[at + 1 :]]


def _diagonal(x: Tensor, labels: Labels) -> tuple[Tensor, Labels]:
    """One axis for each label."""
    labels = list(labels)
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            x = x.diagonal(dim1=first, dim2=second)
            labels = [n for i, n in enumerate(labels) if i not in (first, second)] + [label]
    return x, labels


def _pair(
    site: Site, first: tuple[Tensor, Labels], second: tuple[Tensor, Labels], kept: Labels
) -> Tensor:
    """Two terms contracted: a sum over whatever is not kept, of the axes ``kept`` in that order."""
    (a, of_a), (b, of_b) = _summed(first, second, kept), _summed(second, first, kept)
    shared = [x for x in of_a if x in of_b]
    summed = [x for x in shared if x not in kept]
    stacked = [x for x in shared if x in kept]
    left, right = [x for x in of_a if x not in shared], [x for x in of_b if x not in shared]
    if not summed:
        order = [*stacked, *left, *right]
        wide_a = _arranged(a, of_a, [*stacked, *left])[(..., *(None,) * len(right))]
        wide_b = _arranged(b, of_b, [*stacked, *right])
        wide_b = wide_b[(slice(None),) * len(stacked) + (None,) * len(left)]
        return _arranged(wide_a * wide_b, order, kept)
    sizes: dict[Any, int] = {}
    for x, labels in ((a, of_a), (b, of_b)):
        for label, size in zip(labels, x.shape, strict=True):
            known = sizes.get(label, 1)
            if 1 not in (size, known) and size != known:
                raise InputError("einsum", size, f"axis {label} is {known} long elsewhere")
            sizes[label] = size if known == 1 else known
    shape = [[sizes[x] for x in group] for group in (stacked, left, right, summed)]
    a = _arranged(a, of_a, [*stacked, *left, *summed]).expand(*shape[0], *shape[1], *shape[3])
    b = _arranged(b, of_b, [*stacked, *summed, *right]).expand(*shape[0], *shape[3], *shape[2])
    count, rows, columns, depth = (torch.Size(sizes).numel() for sizes in shape)
    stack = (count,) if stacked else ()
    y = site.matmul(a.reshape(*stack, rows, depth), b.reshape(*stack, depth, columns))
    y = y.reshape(*shape[0], *shape[1], *shape[2])
    return _arranged(y, [*stacked, *left, *right], kept)


def _summed(
    term: tuple[Tensor, Labels], other: tuple[Tensor, Labels], kept: Labels
) -> tuple[Tensor, Labels]:
    """A term without the axes that nobody else has or keeps."""
    x, labels = term
    alone = [i for i, label in enumerate(labels) if label not in other[1] and label not in kept]
    if not alone:
        return term
    return x.sum(alone), [label for i, label in enumerate(labels) if i not in alone]


def _arranged(x: Tensor, labels: Labels, order: Labels) -> Tensor:
    """Axes in another order; those that it leaves out are summed."""
    lost = [i for i, label in enumerate(labels) if label not in order]
    if lost:
        x, labels = x.sum(lost), [label for label in labels if label in order]
    return x.permute([labels.index(label) for label in order])


CONTRACTIONS: dict[str, Any] = {"einsum": einsum, "tensordot": tensordot}
"""Functions of torch by their names."""
