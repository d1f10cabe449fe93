"""What tests of the channel start from."""

from __future__ import annotations

import pytest

from mirage_core.engines import channel_trials


@pytest.fixture
def few_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer patterns than usual, which are enough where chips have hardly any static errors."""
    monkeypatch.setattr(channel_trials, "_BATCH", 1 << 7)
