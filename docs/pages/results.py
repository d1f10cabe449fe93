"""Results of studies: words, tables and figures of every full run that is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docs.pages.markdown import code, plain, table

FOLDER = Path(__file__).parents[2] / "studies" / "results"
HEAD = """# Results of studies

Each is the answer of a full run of a study or a comparison, as its files hold it. The command under
it, in their folder, runs that again; `table.csv` beside the answer has one row for every point and
replica, with seeds.
"""


def pages() -> Iterator[tuple[str, str | bytes]]:
    """A page with every answer, and the figures on it."""
    answers = sorted(FOLDER.glob("*/answer.json"))
    yield "results.md", "\n".join((HEAD, *map(_section, answers)))
    for answer in answers:
        for figure in sorted(answer.parent.glob("*.svg")):
            yield f"figures/{answer.parent.name}-{figure.name}", figure.read_bytes()


def _section(file: Path) -> str:
    found: dict[str, Any] = json.loads(file.read_text())
    name, answer = found["name"], found["answer"]
    lines = [f"(results-{file.parent.name})=\n## {plain(found['question'])}\n"]
    lines += [f"- {plain(word)}" for word in answer["words"]]
    if answer.get("cells"):
        cells = [[plain(str(cell)) for cell in row] for row in answer["cells"]]
        lines += ["", table([plain(c) for c in answer["columns"]], cells)]
    for figure in sorted(file.parent.glob("*.svg")):
        lines.append(f"\n![{plain(name)}](figures/{file.parent.name}-{figure.name})\n")
    lines.append(f"\n{code(found['command'])}\n")
    return "\n".join(lines)
