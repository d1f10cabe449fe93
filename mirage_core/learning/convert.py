"""Move a network onto the machine and back, and say what runs where."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from mirage_core.core.matrix_core import MatrixCore
from mirage_core.learning.layers import OpticalConv2d, OpticalLinear
from mirage_core.tracing.trace import account
from photonics.checks import instance_of
from photonics.errors import InputError

ModelT = TypeVar("ModelT", bound=nn.Module)

_OPTICAL: dict[type[nn.Module], type[nn.Module]] = {
    nn.Linear: OpticalLinear,
    nn.Conv2d: OpticalConv2d,
}
_DIGITAL = {optical: plain for plain, optical in _OPTICAL.items()}
_ROOT_HOOKS = "_optical_root_hooks"


def convert(
    model: ModelT,
    core: MatrixCore | Mapping[str, MatrixCore],
    include: str | Sequence[str] | None = None,
    exclude: str | Sequence[str] | None = None,
) -> ModelT:
    """Put every linear and 2-D convolution layer of a model onto a core, in place.

    Args:
        model: any module; its Parameter objects and the keys of its state dictionary stay.
        core: the core, or cores by pattern of layer names (first match wins).
        include: patterns (as in a shell) of the layers to convert; by default all.  A layer that
            stands in two places goes by either name.
        exclude: patterns of layers to leave digital.

    Returns:
        The model itself.

    Raises:
        InputError: if a pattern matches no layer that could be converted.

    Example:
        >>> from torch import nn
        >>> from mirage_core.core.tensor_core import TensorCore
        >>> model = convert(nn.Sequential(nn.Linear(4, 2)), TensorCore("robust"))
        >>> type(model[0]).__name__
        'OpticalLinear'
    """
    instance_of("model", model, nn.Module)
    candidates = {
        name: module
        for name, module in model.named_modules(remove_duplicate=False)
        if type(module) in _OPTICAL or type(module) in _DIGITAL
    }
    if not isinstance(core, MatrixCore | Mapping) or core == {}:
        allowed = "must be a core, or cores by pattern of layer names"
        raise InputError("core", core, allowed, "make one with TensorCore(preset)")
    cores = {"*": core} if isinstance(core, MatrixCore) else dict(core)
    include, exclude = (
        [patterns] if isinstance(patterns, str) else patterns for patterns in (include, exclude)
    )
    for field, patterns in (("include", include), ("exclude", exclude), ("core", list(cores))):
        for pattern in patterns or ():
            if candidates and not fnmatch.filter(candidates, pattern):
                known = ", ".join(sorted(candidates))
                raise InputError(field, pattern, f"matches no convertible layer; there is {known}")
    if not candidates:
        raise InputError("model", type(model).__name__, "has no Linear or Conv2d layer")
    done: set[nn.Module] = set()
    for name, module in candidates.items():
        if module in done:
            continue
        if include is not None and not _matches(name, include):
            continue
        if exclude is not None and _matches(name, exclude):
            continue
        chosen = next((c for p, c in cores.items() if fnmatch.fnmatchcase(name, p)), None)
        if chosen is None:
            continue
        module.__class__ = _OPTICAL.get(type(module), type(module))
        module.optical_core = chosen
        module.optical_name = name
        done.add(module)
    _hook_root(model)
    return model


def revert(model: ModelT) -> ModelT:
    """Undo :func:`convert`, in place; parameters and their values stay."""
    for module in instance_of("model", model, nn.Module).modules():
        plain = _DIGITAL.get(type(module))
        if plain is not None:
            module.__class__ = plain
            del module.optical_core, module.optical_name
    _unhook_root(model)
    return model


@dataclass
class _RootStep:
    """Opens the next counted step of each core around a forward of the whole model."""

    cores: list[MatrixCore]

    def __post_init__(self) -> None:
        self.entered: list[ExitStack] = []

    def before(self, module: nn.Module, args: Any) -> None:
        # Kept before it is entered, because the hook below runs even if this one fails.
        self.entered.append(ExitStack())
        for core in self.cores:
            self.entered[-1].enter_context(core.steps.root_forward(module.training))

    def after(self, module: nn.Module, args: Any, output: Any) -> None:
        self.entered.pop().close()

    def __getstate__(self) -> dict[str, Any]:
        return {"cores": self.cores, "entered": []}


def _hook_root(model: nn.Module) -> None:
    optical = (m.optical_core for m in model.modules() if type(m) in _DIGITAL)
    cores: list[MatrixCore] = [c for c in dict.fromkeys(optical) if isinstance(c, MatrixCore)]
    _unhook_root(model)
    root = _RootStep(cores)
    model.__dict__[_ROOT_HOOKS] = (
        model.register_forward_pre_hook(root.before),
        model.register_forward_hook(root.after, always_call=True),
    )


def _unhook_root(model: nn.Module) -> bool:
    """Take the hooks of the root away; whether there were any."""
    handles = model.__dict__.pop(_ROOT_HOOKS, ())
    for handle in handles:
        handle.remove()
    return bool(handles)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


@dataclass(frozen=True)
class LayerReport:
    """Where one layer runs.

    Attributes:
        name: its name in the model.
        kind: its class.
        place: ``optical``, ``format`` (products in another number format) or ``digital``.
        reason: why it is digital, or in which format; empty if optical.
        macs: multiply-accumulates of one forward; none if the layer was not reached.
    """

    name: str
    kind: str
    place: str
    reason: str
    macs: int | None


@dataclass(frozen=True)
class ConversionReport:
    """What runs on light and what stays digital.

    Attributes:
        layers: one for each layer.
        unseen_macs: multiply-accumulates outside of layers; none if nothing was run.
        not_counted: operators that may hold products and are not known.
    """

    layers: list[LayerReport]
    unseen_macs: int | None
    not_counted: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [f"{'layer':<24} {'kind':<16} {'place':<8} {'MACs':>12}  reason"]
        for r in self.layers:
            macs = "-" if r.macs is None else f"{r.macs:,}"
            lines.append(
                f"{r.name or '(root)':<24} {r.kind:<16} {r.place:<8} {macs:>12}  {r.reason}"
            )
        if self.unseen_macs:
            lines.append(
                f"and {self.unseen_macs:,} MACs outside of layers "
                "(functional calls, attention, @): digital"
            )
        lines += self.not_counted
        return "\n".join(lines)


def report(model: nn.Module, example_input: Tensor | None = None) -> ConversionReport:
    """Say which layers run on light, which stay digital and why.

    Args:
        model: converted or not.
        example_input: if given, one forward counts the multiply-accumulates, including products
            outside of layers that a conversion cannot see.
    """
    instance_of("model", model, nn.Module)
    macs: dict[str, int] = {}
    unseen, not_counted = None, tuple[str, ...]()
    if example_input is not None:
        macs, unseen, not_counted = _count_macs(model, example_input)
    layers = []
    for name, module in model.named_modules():
        kind = type(module).__name__
        if type(module) in _DIGITAL:
            core: Any = module.optical_core
            place, note = core.place
            layers.append(LayerReport(name, kind, place, note, macs.get(name)))
        elif type(module) in _OPTICAL:
            layers.append(LayerReport(name, kind, "digital", "not converted", macs.get(name)))
        elif next(iter(module.parameters(recurse=False)), None) is not None:
            reason = "no optical form of this layer"
            layers.append(LayerReport(name, kind, "digital", reason, macs.get(name)))
    return ConversionReport(layers, unseen, not_counted)


def _count_macs(
    model: nn.Module, example_input: Tensor
) -> tuple[dict[str, int], int, tuple[str, ...]]:
    """MACs by layer, those outside of layers, and what could not be counted.

    From a forward of the layers in their digital form, operator by operator.
    """
    optical = [m for m in model.modules() if type(m) in _DIGITAL]
    training = {m: m.training for m in model.modules()}
    # Counting is no step of a run.
    hooked = _unhook_root(model)
    try:
        for module in optical:
            module.__class__ = _DIGITAL[type(module)]
        model.eval()
        with torch.no_grad(), account(model) as seen:
            model(example_input)
    finally:
        for module in optical:
            module.__class__ = _OPTICAL[type(module)]
        for module, mode in training.items():
            module.training = mode
        if hooked:
            _hook_root(model)
    leaves = {n for n, m in model.named_modules() if next(m.children(), None) is None}
    macs = dict.fromkeys(leaves & seen.reached, 0)
    unseen = 0
    for product in seen.products:
        if product.layer in leaves:
            macs[product.layer] = macs.get(product.layer, 0) + product.macs
        else:
            unseen += product.macs
    return macs, unseen, seen.trace().warnings
