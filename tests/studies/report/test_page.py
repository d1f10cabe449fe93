"""The page of all studies: one file, no network, everything escaped, links that lead somewhere."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from studies.report.answer import Answer
from studies.report.charts import Chart, Series
from studies.report.page import Entry, page

CHART = Chart("A & B", "x / m", "y", [Series("s", [1.0, 2.0], [3.0, 4.0])])
ENTRY = Entry(
    "laser",
    "How much <light>?",
    Answer(["Words & numbers."], ["a"], [["<1>"]], [CHART]),
    "mirage study run laser",
    {"machine": "robust"},
    "The quick form.",
)


class Reader(HTMLParser):
    """Tags that are opened and closed, links and texts."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.names: set[str] = set()
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag not in ("meta", "br", "line", "circle", "rect", "polyline", "polygon"):
            self.open.append(tag)
        if tag == "a":
            self.links.append(str(told.get("href")))
        if told.get("id"):
            self.names.add(str(told["id"]))
        self.outside += [str(v) for k, v in attrs if k in ("src", "href") and "//" in str(v)]

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            assert self.open.pop() == tag


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    return reader


def test_a_page_is_whole_and_needs_nothing_from_elsewhere() -> None:
    text = page([ENTRY], "versions")
    found = read(text)
    assert found.open == []
    assert found.outside == []
    assert not re.search(r"@import|url\(|fetch\(|XMLHttp|<link|<img", text)
    assert "viewport" in text
    assert "@media print" in text


def test_links_lead_to_sections() -> None:
    found = read(page([ENTRY], "versions"))
    assert found.links == ["#laser"]
    assert "laser" in found.names


def test_findings_come_first() -> None:
    text = page([ENTRY], "versions")
    assert text.index("Words &amp; numbers.") < text.index("<section")


def test_findings_stand_in_groups_as_sentences_or_lines() -> None:
    answer = Answer(
        ["None."], ["who", "score", "less", "time"], [["robust", "95", "-1", "3 s"]], []
    )
    compared = Entry("one", "Who learns?", answer, "mirage compare", {}, group="Learned", told=3)
    text = page([replace(ENTRY, group="Machines"), compared], "versions")
    assert read(text).open == []
    findings, _, sections = text.partition("</nav>")
    order = [
        "<h2>Machines</h2>",
        "Words &amp; numbers.",
        "<h2>Learned</h2>",
        "Who learns?",
        "<td>-1",
    ]
    assert sorted(order, key=findings.index) == order
    # The lines of a comparison are told in place of its sentence, and in full further down.
    assert "None." not in findings
    assert "3 s" not in findings
    assert "None." in sections
    assert "3 s" in sections


def test_everything_is_told_and_escaped() -> None:
    text = page([ENTRY], "versions")
    for part in (
        "How much &lt;light&gt;?",
        "Words &amp; numbers.",
        "&lt;1&gt;",
        "The quick form.",
        "mirage study run laser",
        "robust",
        "A &amp; B",
        "versions",
    ):
        assert part in text
    assert "<light>" not in text


def test_every_figure_has_its_buttons() -> None:
    text = page([ENTRY, ENTRY], "versions")
    assert text.count('class="chart"') == text.count('class="zoom"') == 2


def test_the_script_is_one_that_parses(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node: install it to check the script of the page")
    (script,) = re.findall(r"<script>(.*)</script>", page([ENTRY], ""), re.DOTALL)
    path = tmp_path / "page.js"
    path.write_text(script)
    subprocess.run([node, "--check", str(path)], check=True, capture_output=True)


PROBE = """
<script>{
addEventListener("error", e => document.body.dataset.error = e.message);
const chart = document.querySelector("svg.chart"), tip = document.getElementById("tip");
const box = chart.querySelector(".point title").parentElement.getBoundingClientRect();
const at = { clientX: box.x + box.width / 2, clientY: box.y + box.height / 2, bubbles: true };
chart.dispatchEvent(new PointerEvent("pointermove", at));
const whole = chart.getAttribute("viewBox");
const [closer, farther, all] = chart.parentElement.querySelectorAll(".zoom button");
closer.click();
const near = chart.getAttribute("viewBox");
all.click();
const told = [tip.style.display, tip.textContent, near !== whole];
document.body.dataset.told = JSON.stringify([...told, chart.getAttribute("viewBox") === whole]);
}</script>
"""


@pytest.mark.slow  # 5 s
def test_a_browser_draws_hovers_and_zooms_without_an_error(tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no chromium: install it to see the page as a browser does")
    path = tmp_path / "page.html"
    path.write_text(page([ENTRY], "versions").replace("</body>", PROBE + "</body>"))
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    found = subprocess.run(
        [browser, *options, f"--user-data-dir={tmp_path / 'user'}", "--dump-dom", path.as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "CONSOLE" not in found.stderr
    assert "data-error" not in found.stdout
    (told,) = re.findall(r"data-told=\"([^\"]*)\"", found.stdout)
    shown, text, closer, whole = json.loads(html.unescape(told))
    assert (shown, text) == ("block", "s: x / m 1, y 3")
    assert closer
    assert whole
