"""What the README shows is so: code, commands, links, figures, and numbers where they come from."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

from docs.pages.commands import commands
from docs.pictures.__main__ import PICTURES
from docs.pictures.row import row
from studies.accelerator.paper import PARTS
from studies.accelerator.quantities import number
from studies.runner.setup import check
from studies.runner.study_file import load_study
from tests.commands import invoke
from tests.docs.blocks import DOCS

ROOT = DOCS.parent
README = (ROOT / "README.md").read_text()
RESULTS = ROOT / "studies" / "results"
# Words of the table of speeds, and what the benchmark calls them.
KINDS = {
    "`robust`, network-like": ", network-like",
    "gradients": ", gradients",
    "normal": ", normal",
    "0.3 mW": ", 0.3 mW",
}
# A number, its unit aside, with or without an interval.
ESTIMATE = re.compile(r"\d[\d.e-]* \[[^]]+\]")
# The same, with a spread, or in powers of ten.
NUMBER = re.compile(rf"{ESTIMATE.pattern}|\d+(?:\.\d+)? ± \d+(?:\.\d+)?|\d+\.\d+e-\d+")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", README, flags=re.S)


def section(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def table(title: str) -> list[list[str]]:
    """Cells of the rows of the table of a section, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_it_is_read_in_five_minutes() -> None:
    """Words of text and tables, at 230 a minute; code, figures and targets of links aside."""
    text = re.sub(
        r"```.*?```|<!--.*?-->|!\[[^]]*\]\([^)]*\)|(?<=\])\([^)]*\)", "", README, flags=re.S
    )
    assert len(re.findall(r"[^\s|]*\w[^\s|]*", text)) <= 5 * 230


def test_code_runs() -> None:
    names: dict[str, object] = {}
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), names)
    assert {"core", "model"} <= set(names)


def test_the_study_is_one_that_runs(tmp_path: Path) -> None:
    (text,) = blocks("toml")
    (tmp_path / "mine.toml").write_text(text)
    assert tomllib.loads(text)["axes"]
    check(load_study(str(tmp_path / "mine.toml")))


@pytest.mark.slow  # 10 s
def test_the_study_says_what_is_quoted(tmp_path: Path) -> None:
    (text,) = blocks("toml")
    (tmp_path / "mine.toml").write_text(text)
    printed = invoke("study", "run", str(tmp_path / "mine.toml"), "--out", str(tmp_path / "out"))
    (quoted,) = (text for text in blocks("text") if "above it all along" in text)
    assert " ".join(quoted.split()) in " ".join(printed.split())


@pytest.mark.slow  # 20 s
def test_the_light_for_an_error_rate_is_what_the_study_says(tmp_path: Path) -> None:
    printed = " ".join(invoke("study", "run", "laser", "--out", str(tmp_path)).split())
    (quoted,) = (text for text in blocks("text") if "couple zeros" in text)
    words = re.split(r"^- ", quoted, flags=re.M)[1:]
    assert len(words) == 3
    for found in words:
        assert " ".join(found.split()).removesuffix("; ...") in printed


@pytest.mark.slow  # 20 s
def test_the_training_is_what_the_command_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    printed = invoke("train", "--model", "mlp", "--out", str(tmp_path))
    (quoted,) = (text for text in blocks("text") if "re-reads" in text)
    _, *lines = quoted.splitlines()
    for line in lines:
        assert line.removesuffix(" ...") in printed


def test_commands_exist() -> None:
    known = [name.split() for name, _ in commands()]
    listed = [*blocks("console"), (DOCS / "start.md").read_text()]
    typed = [line.split() for text in listed for line in text.splitlines() if line[:7] == "mirage "]
    typed += [words.split() for words in re.findall(r"`(mirage [^`]+)`", README)]
    assert len(typed) > 30
    for words in typed:
        assert any(words[: len(name)] == name for name in known), words


def test_links_lead_to_files() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", README)
    assert len(targets) > 20
    inner = [t for t in targets if not t.startswith("http")]
    assert [t for t in inner if not (ROOT / t).exists()] == []


def test_figures_are_legible_on_dark_pages() -> None:
    figures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)
    assert len(figures) == 4
    for name in figures:
        text = (ROOT / name).read_text()
        assert re.search(r'<rect width="[^"]+" height="[^"]+"[^>]* fill="#fff"/>', text), name
    assert {Path(f).name for f in figures if f.startswith("docs/")} == set(PICTURES)


def answers_of(folders: Iterable[str]) -> str:
    """All that full runs say, as text."""
    text = ""
    for folder in folders:
        answer = json.loads((RESULTS / folder / "answer.json").read_text())["answer"]
        text += " ".join([*answer["words"], *(str(c) for row in answer["cells"] for c in row)])
    return text


def test_speeds_are_those_of_the_last_benchmark() -> None:
    kept = ROOT / "studies" / "bench" / "history.jsonl"
    ratios = json.loads(kept.read_text().splitlines()[-1])["ratios"]
    head, *_ = [line for line in section("Speed").splitlines() if line.startswith("|")]
    shapes = [cell.strip() for cell in head.strip("|").split("|")]
    seen = 0
    for label, *told in table("Speed"):
        machine = label.split("`")[-2]
        (kind,) = [k for words, k in KINDS.items() if words in label] or [""]
        for shape, cell in zip(shapes[1:], told, strict=True):
            ratio = ratios.get(f"{machine}{kind}, {shape}")
            assert cell == ("" if ratio is None else f"{ratio:.{0 if ratio >= 10 else 1}f}"), label
            seen += ratio is not None
    assert seen == 26
    steps = [round(ratios[f"step, {name}"]) for name in ("mlp", "cnn", "LeNet-5, 28x28")]
    assert steps[0] == steps[1]
    assert f"takes {steps[0]} times the FP32 step with the MLP and with the CNN" in README
    assert f"{steps[2]} times with LeNet-5" in README
    both = (ratios[f"robust, {kind}, 64x784x256"] for kind in ("weights stay", "network-like"))
    kept_takes = "the product of 64x784x256 takes {:.1f} in place of {:.0f}".format(*both)
    assert kept_takes in " ".join((DOCS / "speed.md").read_text().split())


def test_what_training_needs_is_in_the_answers() -> None:
    rows, seen = table("What training needs from the light"), 0
    for question, told, links in rows:
        text = answers_of(re.findall(r"\(studies/results/([^)]+)\)", links))
        estimates = ESTIMATE.findall(told) or re.findall(r"\d+\.\d+(?:e-\d+)?", told)
        assert estimates, question
        for estimate in estimates:
            assert estimate in text, (question, estimate)
            seen += 1
    assert len(rows) > 6
    assert seen > 12


def test_all_findings_are_in_the_answers() -> None:
    _, *findings = re.split(r"^- ", (DOCS / "findings.md").read_text(), flags=re.M)
    seen = 0
    for finding in findings:
        told = " ".join(finding.partition("\n\n")[0].split())
        text = answers_of(re.findall(r"\(#results-([^)]+)\)", told))
        plain = re.sub(r"\[[^]]+\]\([^)]+\)", "", told)
        for estimate in NUMBER.findall(plain):
            assert estimate in text, (finding, estimate)
            seen += 1
    assert len(findings) > 12
    assert seen > 30


@pytest.mark.slow  # 8 s
def test_headlines_are_those_of_mirage_paper() -> None:
    found = {name: part() for name, part in PARTS.items()}
    values = {
        (number(r.published), number(r.recomputed))
        for r in found["claims"]
        if r.recomputed is not None and r.published is not None
    }
    for headline, published, recomputed, _ in table("How the paper's headlines fare"):
        if published:
            pair = published.split()[0], recomputed.split()[0]
            assert pair in values, headline
    verdicts = [row.verdict for part in found.values() for row in part]
    counts = [len(verdicts), *(verdicts.count(v) for v in ("agrees", "fitted", "unexplained"))]
    pattern = r"Of all (\d+) rows, (\d+) agree, (\d+) are met .* and (\d+) are unexplained"
    said = re.search(pattern, README)
    assert said is not None
    assert list(map(int, said.groups())) == counts


@pytest.mark.slow  # 9 s
def test_the_cost_is_what_the_command_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    printed = invoke("cost", "resnet50")
    quoted = next(text for text in blocks("text") if "not settled" in text)
    for line in quoted.splitlines():
        assert line.removesuffix(" ...") in printed


@pytest.mark.slow  # 6 s
def test_the_row_is_what_is_drawn() -> None:
    kept = (DOCS / "static" / "row.svg").read_text()
    drawn = row()
    numbers = re.compile(r"-?\d+\.?\d*")
    assert numbers.sub("#", kept) == numbers.sub("#", drawn)
    pairs = zip(numbers.findall(kept), numbers.findall(drawn), strict=True)
    # Coordinates have one decimal, which another processor may round otherwise.
    assert all(abs(float(a) - float(b)) < 0.11 for a, b in pairs)
