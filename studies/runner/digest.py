"""What tells one study from another: its fields, the code of its functions, the files it names."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

_FILES = (".toml", ".json", ".csv")


def digest(told: Mapping[str, Any]) -> str:
    """Of plain data, and of what is in the files that it names."""
    files = {path: sha256(Path(path).read_bytes()).hexdigest() for path in _files_in(told)}
    whole = {**told, "files": files} if files else told
    return sha256(json.dumps(whole, sort_keys=True, default=dict).encode()).hexdigest()


def source_text(function: Callable[..., Any]) -> str:
    """What a function reads; its name where that is not known."""
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return getattr(function, "__qualname__", "")


def _files_in(told: Any) -> set[str]:
    """Files that are named anywhere in plain data: machines and parts of the user's own."""
    if isinstance(told, str):
        ours = "\n" not in told and Path(told).suffix in _FILES and Path(told).is_file()
        return {told} if ours else set()
    if isinstance(told, Mapping):
        told = list(told.values())
    return set().union(*map(_files_in, told)) if isinstance(told, list | tuple) else set()
