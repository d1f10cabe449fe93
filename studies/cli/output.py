"""What commands print for people, and write for machines."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import nullcontext, redirect_stdout
from typing import Any

from studies.report.files import emit_json


def emit(target: str | None, make: Callable[[], Any]) -> Any:
    """Make a result, which prints itself, and write it as JSON where asked.

    With JSON on standard output, what is printed for people goes to standard error.
    """
    with redirect_stdout(sys.stderr) if target == "-" else nullcontext():
        data = make()
    if target is not None:
        emit_json(target, data)
    return data
