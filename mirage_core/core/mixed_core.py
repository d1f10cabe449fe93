"""A core that sends the three products of a layer to different cores."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Mapping
from typing import Any

from mirage_core.core.ledger import Ledger
from mirage_core.core.matrix_core import MatrixCore
from mirage_core.core.routed_core import RoutedCore, require_matches
from mirage_core.core.state import require_state
from photonics.checks import shown
from photonics.errors import InputError


class MixedCore(RoutedCore):
    """Computes forward, dx and dw each where it is told: on light, in integers, in a format.

    Noise is keyed by the steps of ``core``, so a product that stays on it has the very noise that
    it has without the others; a step opened on either is open on both.  All that it computes is
    entered into its own ledger, not into those of its cores.

    Args:
        core: computes what no other core is given for.
        forward: computes the outputs of layers, and direct products.
        dx: computes the gradients of their inputs.
        dw: computes the gradients of their weights.
        layers: cores by pattern of layer names and kind of product, in place of those above; the
            first pattern that matches counts.

    Attributes:
        cores: by kind of product.
        layers: the same of layers, by pattern.

    Raises:
        InputError: for what is no core, or is mixed itself, or an unknown kind of product.

    Example:
        >>> from mirage_core.core.format_core import FormatCore
        >>> from mirage_core.core.tensor_core import TensorCore
        >>> light = TensorCore("robust")
        >>> MixedCore(light, dw=FormatCore("fp32")).place
        ('mixed', 'forward optical, dx optical, dw FP32')
    """

    def __init__(
        self,
        core: MatrixCore,
        *,
        forward: MatrixCore | None = None,
        dx: MatrixCore | None = None,
        dw: MatrixCore | None = None,
        layers: Mapping[str, Mapping[str, MatrixCore]] | None = None,
    ) -> None:
        given = {"forward": forward, "dx": dx, "dw": dw}
        named = {kind: one for kind, one in given.items() if one is not None}
        _require_cores({"core": core, **named})
        super().__init__(core)
        self.cores: dict[str, MatrixCore] = {**dict.fromkeys(given, core), **named}
        for pattern, own in (layers or {}).items():
            _require_cores({f"layers.{pattern}.{kind}": one for kind, one in own.items()})
            for kind in own:
                if kind not in given:
                    allowed = f"must be one of {', '.join(given)}"
                    raise InputError(f"layers.{pattern}", kind, allowed)
        self.layers = {p: {**self.cores, **own} for p, own in (layers or {}).items()}

    @property
    def place(self) -> tuple[str, str]:
        """Mixed, and where each of the three products runs."""
        told = [f"{pattern}: {_places(cores)}" for pattern, cores in self.layers.items()]
        # Where a pattern takes every layer, nothing is left for others.
        others = [] if "*" in self.layers else [_places(self.cores)]
        return "mixed", "; ".join([*told, *others])

    @property
    def description(self) -> dict[str, Any]:
        """The core of each of the three products, and of those of layers."""
        by_layer = {
            pattern: {kind: core.description for kind, core in cores.items()}
            for pattern, cores in self.layers.items()
        }
        return {
            **{kind: core.description for kind, core in self.cores.items()},
            "layers": by_layer,
        }

    def _route(self, kind: str, layer: str, time: int) -> tuple[MatrixCore, list[Ledger]]:
        matching = (c for p, c in self.layers.items() if fnmatch.fnmatchcase(layer, p))
        cores = next(matching, self.cores)
        return cores.get(kind, cores["forward"]), [self.ledger]

    def require_layers(self, names: Collection[str]) -> None:
        """Refuse patterns that match no layer, and what one of its cores refuses."""
        require_matches(self.layers, names)
        for cores in (self.cores, *self.layers.values()):
            for core in cores.values():
                core.require_layers(names)

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs; with the state of the core whose steps these are."""
        return {**super().state_dict(), "inner": self.core.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Inverse of :meth:`state_dict`."""
        super().load_state_dict(state)
        self.core.load_state_dict(state["inner"])

    def _require_state(self, state: dict[str, Any]) -> None:
        super()._require_state(state)
        require_state(state, {"inner"})
        self.core._require_state(state["inner"])

    def __repr__(self) -> str:
        return f"MixedCore({self.place[1]})"


def _require_cores(given: Mapping[str, object]) -> None:
    for name, one in given.items():
        if isinstance(one, MixedCore) or not isinstance(one, MatrixCore):
            allowed = "must be a core that is not mixed itself"
            raise InputError(name, shown(one), allowed, "make one with TensorCore(preset)")


def _places(cores: Mapping[str, MatrixCore]) -> str:
    """Where each of the three products runs."""
    places = ((kind, core.place) for kind, core in cores.items())
    return ", ".join(f"{kind} {note or place}" for kind, (place, note) in places)
