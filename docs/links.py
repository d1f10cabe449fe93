"""Checks built pages: links within them lead somewhere, and nothing is loaded from outside."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser fetches by itself; other links wait for a click.
_LOADED = {("img", "src"), ("script", "src"), ("link", "href"), ("source", "src")}


class Page(HTMLParser):
    """Links and anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[tuple[bool, str]] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where a tag leads, and by what name it can be reached."""
        for name, value in attrs:
            if value is not None and name == "id":
                self.anchors.add(value)
            elif value is not None and name in ("href", "src"):
                # A canonical address or a page before and after is not fetched.
                fetched = (tag, name) in _LOADED and ("rel", "canonical") not in attrs
                self.links.append((fetched, value))


def problems(folder: Path) -> list[str]:
    """What is wrong with the pages of a folder, a line each."""
    pages = {file.resolve(): Page(file.read_text()) for file in folder.rglob("*.html")}
    found = []
    for file, page in pages.items():
        name = file.relative_to(folder.resolve())
        for fetched, link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                if fetched and parts.scheme != "data":
                    found.append(f"{name}: loads {link}")
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            if not target.exists():
                found.append(f"{name}: {link} leads nowhere")
            elif target in pages and parts.fragment:
                anchor = unquote(parts.fragment)
                if anchor not in pages[target].anchors:
                    found.append(f"{name}: {link} has no such anchor")
    return sorted(set(found))


if __name__ == "__main__":
    lines = problems(Path(sys.argv[1]))
    sys.exit("\n".join(lines) if lines else 0)
