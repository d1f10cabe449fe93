"""Chips that were made before, kept as chip files in the user's cache folder.

The environment variable ``MIRAGE_CACHE_DIR`` names another folder, or switches the cache off
(``off``).  A file is named by a digest of all that its chip depends on, the code that made it
included; chips with parts whose code is somebody's own are not kept.  What cannot be read or
written counts as not there: a cache only ever saves time.
"""

from __future__ import annotations

import itertools
import os
import platform
from functools import lru_cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import scipy
import torch
from platformdirs import user_cache_path
from pydantic import BaseModel

from circuits.chip.chip import Chip
from circuits.chip.file import load_chip, save_chip
from circuits.coding.array_shape import ArrayShape
from devices.parameters.tree import values_of
from photonics.errors import InputError

FOLDER_VARIABLE = "MIRAGE_CACHE_DIR"
OFF = "off"
# What makes a chip.
_PACKAGES = ("photonics", "devices", "circuits")
# Files of a cache: whole, and cut short as they were written.
_FILES = (f"{'[0-9a-f]' * 64}.chip", f".{'[0-9a-f]' * 64}.chip.*")
# Damaged and missing files, folders that cannot be written, users without a home.
_NOT_THERE = (InputError, OSError, RuntimeError)
# Bytes of all files together, beyond which those used longest ago are dropped.
_MOST_BYTES = 1 << 30


def cache_folder() -> Path | None:
    """Where chips are kept; none where the cache is switched off."""
    named = os.environ.get(FOLDER_VARIABLE, "").strip()
    if named.lower() == OFF:
        return None
    return Path(named).expanduser() if named else user_cache_path("mirage-photonics") / "chips"


def chip_name(design: str, moduli: tuple[int, ...], shape: ArrayShape, seed: int) -> str:
    """Name of the chip of a design (its JSON): a digest of all that the chip depends on."""
    return sha256(repr((design, moduli, shape, seed, _made_by())).encode()).hexdigest()


def own_kinds(part: BaseModel) -> tuple[type[BaseModel], ...]:
    """Classes of a design's parts whose code the digest does not cover."""
    here = type(part).__module__.partition(".")[0] in _PACKAGES
    inner = [own_kinds(v) for v in values_of(part).values() if isinstance(v, BaseModel)]
    return sum(inner, () if here else (type(part),))


def cached_chip(name: str) -> Chip | None:
    """The chip of this name; none where there is no sound one."""
    try:
        folder = cache_folder()
        if folder is None:
            return None
        chip = load_chip(folder / f"{name}.chip")
        os.utime(folder / f"{name}.chip")
    except _NOT_THERE:
        return None
    return chip


def keep_chip(name: str, chip: Chip) -> None:
    """Keep a chip for later, and drop those used longest ago where there are too many.

    A chip whose code has changed on disk since it was imported is not kept: its name would be that
    of chips which the new code makes.
    """
    try:
        folder = cache_folder()
        if folder is None or _made_by.__wrapped__() != _made_by():
            return
        folder.mkdir(parents=True, exist_ok=True)
        save_chip(chip, folder / f"{name}.chip")
        _drop_oldest(folder)
    except _NOT_THERE:
        return


def _drop_oldest(folder: Path) -> None:
    """Drop files until the rest is small enough; another process may be at it too."""
    found = []
    for path in itertools.chain.from_iterable(map(folder.glob, _FILES)):
        try:
            entry = path.stat()
        except FileNotFoundError:
            continue
        found.append((entry.st_mtime, entry.st_size, path))
    kept = 0
    for _, size, path in sorted(found, reverse=True):
        kept += size
        if kept > _MOST_BYTES:
            path.unlink(missing_ok=True)


@lru_cache(maxsize=1)
def _made_by() -> str:
    """Digest of the code that makes chips, and of what computes it."""
    cpu = torch.backends.cpu.get_cpu_capability()
    versions = [platform.python_version(), torch.__version__, np.__version__, scipy.__version__]
    parts = [*versions, platform.machine(), cpu]
    for package in _PACKAGES:
        spec = find_spec(package)
        for folder in spec.submodule_search_locations or () if spec else ():
            parts.append(source_digest(Path(folder)))
    return sha256(repr(parts).encode()).hexdigest()


def source_digest(folder: Path) -> str:
    """Digest of all source files below a folder, their names included."""
    digest = sha256()
    for path in sorted(folder.rglob("*.py")):
        written = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()} {len(written)}\n".encode())
        digest.update(written)
    return digest.hexdigest()


# Of the code as it is imported, and not as it is when the first chip is made.
_made_by()
