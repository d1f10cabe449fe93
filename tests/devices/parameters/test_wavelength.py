"""A wavelength in nanometres or micrometres is refused wherever one is taken."""

from __future__ import annotations

import importlib
import inspect
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError

import devices
from devices import (
    MeasuredCoupler,
    MeasuredSplitter,
    MeasuredSwitch,
    MziSwitch,
    Part,
    PowerLimits,
    RingSwitch,
    Waveguide,
)
from devices.parameters.transfer_file import rows_of
from photonics.errors import InputError
from photonics.measured_transfer import MeasuredTransfer
from photonics.random import NoiseKey
from photonics.ring_fit import RingFigures
from tests.devices.measured_files import light_m

ROOT = Path(__file__).parents[3]
WRONG = [1550.0, 1.55, 1550, 0.4e-6, 0.0, -1.55e-6, math.nan, math.inf]
RING = RingSwitch()
PARTS = (Waveguide(), RING, MziSwitch(), PowerLimits())
MADE: dict[type, object] = {type(part): part for part in PARTS}
for ports, kind in ((4, MeasuredCoupler), (3, MeasuredSplitter)):
    still = MeasuredTransfer(light_m(3), torch.full((3, ports, ports), 0.1))
    MADE |= {MeasuredTransfer: still, kind: kind(measured=rows_of(still))}
MADE[MeasuredSwitch] = MeasuredSwitch(
    measured_coupled=rows_of(still), measured_detuned=rows_of(still)
)

# Arguments beside the wavelength, by name; the others are 1.
OTHERS: dict[str, Any] = {
    "bias": torch.zeros(1, 4),
    "cavity": RING.cavity(1.55e-6),
    "coupled": True,
    "entering": torch.ones(1, 4, dtype=torch.complex128),
    "measured_db_per_hz": -100.0,
    "offset_m": torch.zeros(1, 2),
    "quoted": RingFigures(0.5, 0.1, 25.0, 24e9),
    "ring": RING,
}
OF_FUNCTION: dict[str, dict[str, Any]] = {
    "transfer": {"detuning_m": torch.zeros(1)},
    "trimmed": {"key": NoiseKey.from_seed(0), "lattice": (1, 1, 1, 1)},
    "offsets": {"key": NoiseKey.from_seed(0), "lattice": (1, 1, 1, 1)},
    "transient": {"offset": torch.zeros(1, 1, 1)},
    "fields": {"offset": torch.zeros(1, 1)},
}


def takers() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Public functions and methods of light and of devices that take a wavelength."""
    for package in ("photonics", "devices"):
        for path in sorted((ROOT / package).rglob("*.py")):
            name = str(path.relative_to(ROOT))[:-3].replace("/", ".")
            module = importlib.import_module(name.removesuffix(".__init__"))
            for thing in vars(module).values():
                if getattr(thing, "__module__", None) != module.__name__:
                    continue
                if inspect.isclass(thing) and inspect.isabstract(thing):
                    # Its kinds are looked at.
                    continue
                if inspect.isclass(thing):
                    owner = MADE.get(thing, thing)
                    public = (n for n in vars(thing) if not n.startswith("_"))
                    for method in (getattr(owner, n, None) for n in public):
                        if inspect.ismethod(method) or inspect.isfunction(method):
                            yield thing.__name__, method
                elif inspect.isfunction(thing) and not thing.__name__.startswith("_"):
                    yield module.__name__, thing


TAKERS = [
    pytest.param(function, id=f"{owner}.{function.__name__}")
    for owner, function in takers()
    if "wavelength_m" in inspect.signature(function).parameters
    and function.__name__ != "check_wavelength_m"
]


def test_all_that_take_one_are_found() -> None:
    assert len(TAKERS) >= 35


@pytest.mark.parametrize("function", TAKERS)
def test_functions_refuse_it(function: Callable[..., Any]) -> None:
    others = {**OTHERS, **OF_FUNCTION.get(function.__name__, {})}
    needed = {
        name: others.get(name, 1.0)
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.default is parameter.empty
        and name != "wavelength_m"
        and parameter.kind is not parameter.VAR_KEYWORD
    }
    function(**needed, wavelength_m=1.55e-6)
    for wrong in WRONG:
        with pytest.raises(InputError, match=r"^wavelength_m = .*; give metres, 1\.55e-6$"):
            function(**needed, wavelength_m=wrong)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (kind, name)
        for kind in (getattr(devices, n) for n in devices.__all__)
        if inspect.isclass(kind) and issubclass(kind, Part)
        for name in kind.model_fields
        if name in ("wavelength_m", "reference_m")
    ],
)
def test_parts_refuse_it(kind: type[Part], name: str) -> None:
    for wrong in WRONG[:6]:
        with pytest.raises((ValidationError, InputError), match=r"give metres, 1\.55e-6"):
            kind.model_validate({name: wrong})
