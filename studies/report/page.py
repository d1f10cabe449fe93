"""All finished studies on one page of HTML: findings first, then every study in full.

Without network, readable on a phone and in print.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from studies.report.answer import Answer
from studies.report.svg import svg

_STYLE = """
:root{color-scheme:light}
body{font:16px/1.5 system-ui,sans-serif;color:#222;background:#fff;max-width:62rem;margin:auto;
padding:1rem}
h1{font-size:1.6rem}h2{margin-top:2.5rem;border-top:2px solid #888;padding-top:.8rem}
nav h2{border-top:0;margin-top:1.2rem;padding-top:0;font-size:1.2rem;break-before:auto}
nav p{margin:.5rem 0}nav td{white-space:normal}a{color:#0057a0}
.answer{background:#f3f6f9;border-left:4px solid #0072b2;padding:.6rem 1rem;margin:1rem 0}
.answer p{margin:.3rem 0}.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:.86rem}
th,td{border-bottom:1px solid #ccc;padding:.25rem .6rem;text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}
figure{overflow-x:auto}svg.chart{max-width:100%;min-width:34rem;height:auto;touch-action:pan-y;cursor:crosshair}
figure{margin:1rem 0}code,pre{font:.86rem ui-monospace,monospace;background:#f3f3f3}
pre{padding:.5rem;overflow-x:auto;white-space:pre-wrap}
.zoom button{font:inherit;padding:.1rem .6rem;margin-right:.3rem}
#tip{position:fixed;display:none;background:#222;color:#fff;padding:.25rem .5rem;border-radius:4px;
font-size:.82rem;pointer-events:none;max-width:22rem;z-index:9}
@media print{.zoom{display:none}h2{break-before:page}figure,table{break-inside:avoid}
body{max-width:none;font-size:11pt}svg.chart{min-width:0}}
"""
_SCRIPT = """
"use strict";
const tip = document.getElementById("tip");
for (const chart of document.querySelectorAll("svg.chart")) {
  const whole = chart.getAttribute("viewBox").split(" ").map(Number);
  let box = whole.slice();
  const set = b => { box = b; chart.setAttribute("viewBox", b.join(" ")); };
  const at = e => { const r = chart.getBoundingClientRect();
    return [box[0] + (e.clientX - r.left) / r.width * box[2],
            box[1] + (e.clientY - r.top) / r.height * box[3]]; };
  const zoom = (k, x, y) => { const w = Math.min(whole[2], box[2] * k), s = w / box[2];
    set(w >= whole[2] ? whole.slice() :
      [x - (x - box[0]) * s, y - (y - box[1]) * s, w, box[3] * s]); };
  const points = [...chart.querySelectorAll(".point")].filter(p => p.querySelector("title"))
    .map(p => ({ p, b: p.getBBox(), t: p.querySelector("title").textContent }));
  const hover = e => { const [x, y] = at(e); let best = null, near = 20 * box[2] / whole[2];
    for (const q of points) {
      const dx = Math.max(q.b.x - x, 0, x - q.b.x - q.b.width);
      const dy = Math.max(q.b.y - y, 0, y - q.b.y - q.b.height);
      const d = Math.hypot(dx, dy); if (d < near) { near = d; best = q; } }
    tip.style.display = best ? "block" : "none";
    if (best) { tip.textContent = best.t;
      tip.style.left = Math.min(e.clientX + 12, innerWidth - tip.offsetWidth - 8) + "px";
      tip.style.top = e.clientY + 14 + "px"; } };
  let drag = null;
  chart.addEventListener("pointermove", e => { if (drag) { const [x, y] = at(e);
    set([box[0] + drag[0] - x, box[1] + drag[1] - y, box[2], box[3]]); } else hover(e); });
  chart.addEventListener("pointerdown", e => { hover(e);
    if (box[2] < whole[2]) { drag = at(e); chart.setPointerCapture(e.pointerId); } });
  for (const end of ["pointerup", "pointercancel"]) chart.addEventListener(end, () => drag = null);
  chart.addEventListener("pointerleave", () => tip.style.display = "none");
  chart.addEventListener("wheel", e => { if (e.ctrlKey || box[2] < whole[2]) { e.preventDefault();
    zoom(e.deltaY > 0 ? 1.25 : 0.8, ...at(e)); } }, { passive: false });
  chart.addEventListener("dblclick", e => zoom(0.5, ...at(e)));
  const middle = () => [box[0] + box[2] / 2, box[1] + box[3] / 2];
  const [closer, farther, all] = chart.parentElement.querySelectorAll(".zoom button");
  closer.onclick = () => zoom(0.6, ...middle());
  farther.onclick = () => zoom(1.7, ...middle());
  all.onclick = () => set(whole.slice());
}
"""
_BUTTONS = (
    '<div class="zoom"><button type="button">zoom in</button>'
    '<button type="button">zoom out</button><button type="button">whole figure</button></div>'
)


@dataclass(frozen=True)
class Entry:
    """A finished study as the page shows it.

    Attributes:
        name: of its section, which no other entry has.
        question: in one sentence.
        answer: what was found.
        command: that makes it.
        configuration: names and values, as texts.
        note: what else must be said, such as that it was the quick form.
        group: head under which it stands among the findings.
        told: how many columns of the answer's table are its findings, a line for each row; its
            first sentence is, if none.
    """

    name: str
    question: str
    answer: Answer
    command: str
    configuration: Mapping[str, str]
    note: str = ""
    group: str = ""
    told: int = 0


def page(entries: Sequence[Entry], made_with: str) -> str:
    """The page as one text.

    Args:
        entries: those of one group beside each other.
        made_with: versions.
    """
    groups = [(head, list(listed)) for head, listed in groupby(entries, lambda e: e.group)]
    findings = "".join(_findings(head, listed) for head, listed in groups)
    parts = "".join(map(_section, entries))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Studies of Mirage</title><style>{_STYLE}</style></head><body>"
        f"<h1>Studies of Mirage</h1><p>{len(entries)} questions to emulated machines, findings "
        "first. Intervals hold 95 %, over chips and noises, or over seeds where networks are "
        "compared; a number without one comes from a single chip, from the design alone, or is "
        "alike on all.</p>"
        f"<nav>{findings}</nav>{parts}"
        f'<p><small>made with {escape(made_with)}</small></p><div id="tip"></div>'
        f"<script>{_SCRIPT}</script></body></html>\n"
    )


def _findings(head: str, entries: Sequence[Entry]) -> str:
    """What one group has found, with links to the sections."""
    title = f"<h2>{escape(head)}</h2>" if head else ""
    return title + "".join(map(_finding, entries))


def _finding(entry: Entry) -> str:
    """A question that leads to its section, and what was found in a sentence or a few lines."""
    answer = entry.answer
    link = f'<a href="#{escape(entry.name, quote=True)}">{escape(entry.question)}</a>'
    if entry.told:
        lines = [row[: entry.told] for row in answer.cells]
        return f"<p>{link}</p>{_table(answer.columns[: entry.told], lines)}"
    found = escape(answer.words[0]) if answer.words else ""
    return f"<p>{link}<br>{found}</p>"


def _section(entry: Entry) -> str:
    words = "".join(f"<p>{escape(w)}</p>" for w in entry.answer.words)
    figures = "".join(f"<figure>{svg(c)}{_BUTTONS}</figure>" for c in entry.answer.charts)
    note = f"<p><strong>{escape(entry.note)}</strong></p>" if entry.note else ""
    told = [(name, value) for name, value in entry.configuration.items()]
    return (
        f'<section id="{escape(entry.name, quote=True)}"><h2>{escape(entry.question)}</h2>{note}'
        f'<div class="answer">{words}</div>{figures}'
        f"{_table(entry.answer.columns, entry.answer.cells)}"
        f"<details><summary>configuration</summary>{_table(('what', 'value'), told)}</details>"
        f"<pre>{escape(entry.command)}</pre></section>"
    )


def _table(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(c)}</th>" for c in columns)
    body = "".join(f"<tr>{''.join(f'<td>{escape(x)}</td>' for x in row)}</tr>" for row in cells)
    rows = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="wide"><table>{rows}</table></div>'
