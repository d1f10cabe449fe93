"""Packages that import their names when asked export all of them, and nothing else."""

from __future__ import annotations

import importlib

import pytest


@pytest.mark.parametrize("package", ["circuits", "mirage_core"])
def test_every_name_is_there(package: str) -> None:
    module = importlib.import_module(package)
    assert dir(module) == sorted(module.__all__)
    for name in module.__all__:
        value = getattr(module, name)
        # Defined in this package, under this name, and kept from now on.
        assert value.__module__.split(".")[0] == package
        assert value.__name__ == name
        assert vars(module)[name] is value
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        module.nonsense  # noqa: B018
    with pytest.raises(ImportError, match="nonsense"):
        exec(f"from {package} import nonsense")
