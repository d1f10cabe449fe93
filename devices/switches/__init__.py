"""Switches of every kind, and what drives and trims them: a machine can have any of a file here."""

from importlib import import_module
from pkgutil import iter_modules

for _file in iter_modules(__path__):
    import_module(f"{__name__}.{_file.name}")
