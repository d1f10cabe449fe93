"""Every block of the documents runs as it stands: code, files and commands, page by page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.pages.commands import commands
from docs.pages.names import place_of
from tests.commands import invoke
from tests.docs.blocks import DOCS, blocks, pages

# Pages that train networks and bring up chips.
SLOW = (
    "start.md",
    "training.md",
    "tutorials/architect.md",
    "tutorials/designer.md",
    "tutorials/researcher.md",
)


def run(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run the blocks of a page in a folder; returns how many."""
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    names: dict[str, object] = {"__name__": "documents"}
    count = 0
    for block in blocks(page):
        if block.file is not None:
            Path(block.file).write_text(block.text)
        elif block.kind == "python":
            exec(compile(block.text, str(page), "exec", dont_inherit=True), names)
        elif block.kind == "console":
            for mirage, *words in block.commands():
                assert mirage == "mirage"
                invoke(*words)
        else:
            continue
        count += 1
    return count


@pytest.mark.parametrize(
    "page", [p for p in pages() if str(p.relative_to(DOCS)) not in SLOW], ids=lambda p: p.stem
)
def test_blocks_of_a_page_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count = run(page, tmp_path, monkeypatch)
    if page.parent.name == "physics" and page.stem != "index":
        assert count > 0, "equations are held against the code"


@pytest.mark.slow  # 165 s
@pytest.mark.parametrize("page", SLOW)
def test_blocks_of_a_tutorial_run(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(DOCS / page, tmp_path, monkeypatch) > 3


def test_commands_and_options_of_all_pages_exist() -> None:
    known = dict(commands())
    shown = [
        w for page in pages() for b in blocks(page) if b.kind == "console" for w in b.commands()
    ]
    assert len(shown) > 20
    for words in shown:
        name = next(n for n in known if words[: n.count(" ") + 1] == n.split())
        options = {o for p in known[name].params for o in p.opts}
        assert {w for w in words if w.startswith("--")} <= options, words


def test_names_that_pages_refer_to_exist() -> None:
    text = "".join(page.read_text() for page in pages())
    names = re.findall(r"\{py:\w+\}`~?([\w.]+)`", text)
    assert len(names) > 100
    assert [name for name in set(names) if place_of(name) is None] == []
    assert place_of("photonics.optics.nonsense") is None
    cached = "circuits.optics.heat.ArrayHeat.switch_kernel"
    assert place_of(cached) == ("circuits.optics.heat", cached)


def test_physics_names_what_computes_an_equation() -> None:
    text = "".join(page.read_text() for page in (DOCS / "physics").glob("*.md"))
    assert "{py:func}" in text
    assert re.findall(r"\{py:mod\}`[^`]*`", text) == []
