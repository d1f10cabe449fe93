"""What every test starts from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from circuits.chip.cache import FOLDER_VARIABLE
from circuits.control import bring_up as making

# Kept from run to run, and out of the user's home.
os.environ[FOLDER_VARIABLE] = str(Path(__file__).parent.parent / ".pytest_cache" / "chips")


@pytest.fixture(autouse=True)
def _same_numbers_every_time() -> None:
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def _chips_of_changed_code_are_not_kept(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that changes the code while it runs must not leave its chips to others."""
    if "monkeypatch" in request.fixturenames:
        request.getfixturevalue("monkeypatch").setattr(making, "keep_chip", lambda *_: None)
        yield
        making._bring_up.cache_clear()
    else:
        yield
