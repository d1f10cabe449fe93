"""Move a network onto a core and back."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from typing import TypeVar

from torch import nn
from torch.nn.modules.lazy import LazyModuleMixin

from mirage_core.core.matrix_core import MatrixCore
from mirage_core.learning.foreign_forms import products_out_of_reach
from mirage_core.learning.layers import (
    LINEAR_LOSSES,
    SHORTCUTS,
    WITH_PRODUCTS,
    OpticalLayer,
    SteppedModel,
    cores_of,
    open_no_steps,
    open_steps,
    put_on,
    take_off,
)
from photonics.checks import instance_of, shown
from photonics.errors import InputError

ModelT = TypeVar("ModelT", bound=nn.Module)


def convert(
    model: ModelT,
    core: MatrixCore | Mapping[str, MatrixCore],
    include: str | Iterable[str] | None = None,
    exclude: str | Iterable[str] | None = None,
) -> ModelT:
    """Put every layer with products onto a core, in place.

    Those are linear and bilinear layers, convolutions of one to three axes, plain and transposed,
    attention, recurrent layers and cells, losses with a linear layer, and whatever is derived from
    one of them.  Weights that a parametrization makes of others are made digitally, as those of
    hooks before a forward are.
    Products that a model asks for by itself (``F.linear``, ``@``) are reached by
    :func:`mirage_core.learning.on_core.on_core`.

    Args:
        model: any module; its Parameter objects and the keys of its state dictionary stay.
        core: the core, or cores by pattern of layer names (first match wins).
        include: patterns (as in a shell) of the layers to convert; by default all.  A layer that
            stands in two places goes by either name.
        exclude: patterns of layers to leave digital, also where they are parts of one that is not.

    Returns:
        The model itself.

    Raises:
        InputError: if a pattern matches no layer that could be converted, if all patterns together
            leave none, or if a layer is lazy and has not seen its first input, has its forward
            replaced on the object, or is scripted or quantized and not left out.

    Example:
        >>> from torch import nn
        >>> from mirage_core.core.tensor_core import TensorCore
        >>> model = convert(nn.Sequential(nn.Linear(4, 2)), TensorCore("robust"))
        >>> type(model[0]).__name__
        'OpticalLinear'
    """
    instance_of("model", model, nn.Module)
    cores = dict(core) if isinstance(core, Mapping) else {"*": core}
    if not cores or not all(isinstance(each, MatrixCore) for each in cores.values()):
        allowed = "must be a core, or cores by pattern of layer names"
        raise InputError("core", shown(core), allowed, "make one with TensorCore(preset)")
    included, excluded = _patterns("include", include), _patterns("exclude", exclude)
    candidates, sealed = layers_with_products(model), _sealed(model)
    for name, (kind, how) in sealed.items():
        wanted = included is None or _matches(name, included)
        if wanted and not _matches(name, excluded or ()):
            allowed = f"multiplies {how}, where no core can"
            remedy = "convert before that is made of it, or exclude it"
            raise InputError(name or "model", kind, allowed, remedy)
    if not candidates:
        allowed = "has no layer with products (linear, convolution, attention, recurrent)"
        remedy = "products of functions and operators are reached by on_core()"
        raise InputError("model", type(model).__name__, allowed, remedy)
    for field, patterns in (("include", included), ("exclude", excluded), ("core", list(cores))):
        for pattern in patterns or ():
            if not fnmatch.filter([*candidates, *sealed], pattern):
                known = ", ".join(sorted(candidates))
                raise InputError(field, pattern, f"matches no convertible layer; there is {known}")
    chosen: dict[nn.Module, tuple[str, MatrixCore]] = {}
    for name, module in candidates.items():
        wanted = included is None or _matches(name, included)
        its = next((c for p, c in cores.items() if fnmatch.fnmatchcase(name, p)), None)
        if wanted and not _matches(name, excluded or ()) and its is not None:
            chosen.setdefault(module, (name, its))
    if not chosen:
        given = {"include": included, "exclude": excluded, "core": list(cores)}
        allowed = f"together select none of the layers {', '.join(sorted(candidates))}"
        raise InputError("patterns", given, allowed)
    for module, (name, _) in chosen.items():
        if isinstance(module, LazyModuleMixin):
            remedy = "run one forward before converting"
            raise InputError(name or "model", type(module).__name__, "has no shape yet", remedy)
        if "forward" in vars(module):
            allowed = "has a forward of its own object, which goes past that of any class"
            remedy = "convert before it is replaced, or exclude the layer"
            raise InputError(name or "model", type(module).__name__, allowed, remedy)
    for its in cores.values():
        its.require_layers([name for name, core in chosen.values() if core is its])
    for module, (name, its) in chosen.items():
        put_on(module, its, name)
    for name, module in model.named_modules():
        if isinstance(module, SHORTCUTS) and any(is_on_core(m) for m in module.modules()):
            put_on(module, None, name)
    for name in _digital_within_converted(model, candidates):
        put_on(candidates[name], None, name)
    open_steps(model, cores_of(model))
    return model


def layers_with_products(model: nn.Module) -> dict[str, nn.Module]:
    """Layers that can be converted, by all of their names."""
    named = dict(model.named_modules(remove_duplicate=False))
    within = parts_never_called(model)
    return {n: m for n, m in named.items() if isinstance(m, WITH_PRODUCTS) and m not in within}


def _sealed(model: nn.Module) -> dict[str, tuple[str, str]]:
    """Classes of modules with products that no core can reach, by name, and how they multiply."""
    found: dict[str, tuple[str, str]] = {}
    for name, module in model.named_modules(remove_duplicate=False):
        within = any(not outer or name.startswith(f"{outer}.") for outer in found)
        how = "" if within else products_out_of_reach(module)
        if how:
            found[name] = type(module).__name__, how
    return found


def parts_never_called(model: nn.Module) -> set[nn.Module]:
    """Layers whose weights an attention or a loss multiplies itself, without ever calling them."""
    projections = {m.out_proj for m in model.modules() if isinstance(m, nn.MultiheadAttention)}
    return projections | {
        m.get_submodule("linear") for m in model.modules() if isinstance(m, LINEAR_LOSSES)
    }


def _digital_within_converted(model: nn.Module, candidates: Mapping[str, nn.Module]) -> list[str]:
    """Layers that are parts of one on a core, and on none themselves."""
    within = {part for m in model.modules() if is_on_core(m) for part in m.modules()}
    return [n for n, m in candidates.items() if m in within and not is_on_core(m)]


def is_on_core(module: nn.Module) -> bool:
    """Whether the products of a module are on a core."""
    return isinstance(module, OpticalLayer) and module.optical_core is not None


def revert(model: ModelT) -> ModelT:
    """Undo :func:`convert`, in place; parameters and their values stay."""
    for module in instance_of("model", model, nn.Module).modules():
        if isinstance(module, OpticalLayer):
            take_off(module)
        if isinstance(module, SteppedModel):
            open_no_steps(module)
    return model


def _patterns(field: str, given: str | Iterable[str] | None) -> list[str] | None:
    if given is None or isinstance(given, str):
        return None if given is None else [given]
    patterns = list(given) if isinstance(given, Iterable) else [given]
    for pattern in patterns:
        if not isinstance(pattern, str):
            raise InputError(field, shown(given), "must be a pattern of layer names, or several")
    return patterns


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
