"""The explorer as somebody meets it: in Chromium, with sliders moved by keys.

Needs Debian's ``chromium`` and ``chromium-driver``, or a Chrome and its driver on the path.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from studies.explorer.drawing import chip_numbers, row_numbers
from studies.explorer.row import explore
from studies.explorer.scales import scales
from studies.explorer.settings import RowSettings
from studies.explorer.whole_chip import explore_chip

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.slow,  # 30 s on a busy machine
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER), reason="no Chromium: apt-get install chromium chromium-driver"
    ),
]
PATIENCE_S = 120.0
PHONE = (390, 844)

# Sliders are drawn in trees of their own, which no selector of the page reaches into.
SLIDER = """
for (const each of document.querySelectorAll("marimo-slider")) {
  if (each.dataset.label.includes(arguments[0])) {
    return each.shadowRoot.querySelector("[role=slider]");
  }
}
return null;
"""
DROPDOWN = """
for (const each of document.querySelectorAll("marimo-dropdown")) {
  if (each.dataset.label.includes(arguments[0])) return each.shadowRoot.querySelector("select");
}
return null;
"""
PRESS = 'document.querySelector("marimo-button").shadowRoot.querySelector("button").click();'
WHOLE = ("adc_extra_bits", "modulus", "group_size", "chip_seed")
# How far the page and its pictures reach beyond the window, and the narrowest slider; px.
WIDTHS = """
const tracks = [...document.querySelectorAll("marimo-slider")].map(
  each => each.shadowRoot.querySelector("[role=slider]").parentElement.parentElement);
return [document.documentElement.scrollWidth - window.innerWidth,
        Math.min(...tracks.map(t => t.getBoundingClientRect().width)),
        Math.max(...[...document.querySelectorAll("svg[role=img]")].map(
          s => s.getBoundingClientRect().right)) - window.innerWidth];
"""


# Where the menu of the page ends on top of a page that is scrolled down, and whether it covers the
# title of one that is not; px.
MENU = """
const menu = document.querySelector("[data-testid=notebook-actions-dropdown]");
const title = document.createRange();
title.selectNodeContents(document.querySelector("h1"));
const box = menu.getBoundingClientRect();
const covers = [...title.getClientRects()].some(r => r.right > box.left && r.top < box.bottom);
for (const each of document.querySelectorAll("*")) {
  if (each.clientHeight > 400) each.scrollBy(0, 700);
}
return [menu.getBoundingClientRect().bottom, covers];
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    pytest.importorskip("marimo", reason="marimo is not installed: mirage-photonics[notebooks]")
    command = [sys.executable, "-m", "studies.cli.main", "explore", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[2].rstrip(",")
        process.kill()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    # Its sandbox is not for root, and containers have little shared memory.
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(argument)
    # Nothing is looked up or reported elsewhere.
    os.environ["SE_OFFLINE"] = "true"
    found = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield found
    found.quit()


def until(chromium: Any, text: str) -> None:
    """Wait until a text stands on the page."""
    from selenium.webdriver.support.ui import WebDriverWait

    asked = "return document.body.innerText.includes(arguments[0])"
    WebDriverWait(chromium, PATIENCE_S, 0.1).until(
        lambda page: page.execute_script(asked, text), f"never said: {text}"
    )


def arrived(chromium: Any, numbers: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Numbers above the pictures, once they stand there with what goes with them."""
    for _, value, note in numbers:
        until(chromium, value)
        until(chromium, note)
    return numbers


def choose(chromium: Any, label: str, option: str) -> None:
    """Choose from a dropdown."""
    from selenium.webdriver.support.ui import Select

    Select(chromium.execute_script(DROPDOWN, label)).select_by_visible_text(option)


def test_everything_that_can_be_moved_changes_the_row(address: str, chromium: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    chromium.set_window_size(1280, 900)
    chromium.get(address)
    settings = replace(RowSettings.of("robust"), data="network")
    before = arrived(chromium, row_numbers(explore(settings)))

    def changed() -> None:
        nonlocal before
        after = row_numbers(explore(settings))
        assert after != before
        before = arrived(chromium, after)

    settings = replace(settings, data="random")
    choose(chromium, "What is streamed", "random residues")
    changed()
    for name, scale in scales(settings).items():
        # One step down, or as far up as it goes: enough to be seen.
        far = name in ("rin_db_per_hz", "chip_seed")
        value = scale.setting(scale.steps[-1 if far else scale.steps.index(scale.start) - 1])
        settings = replace(settings, **{name: int(value) if name in WHOLE else value})
        chromium.execute_script(SLIDER, scale.label).send_keys(Keys.END if far else Keys.ARROW_LEFT)
        changed()
    settings = replace(settings, switch="mzi", coupling=RowSettings.of("robust", "mzi").coupling)
    choose(chromium, "Switches", "Mach-Zehnder")
    changed()
    # Of another machine all sliders and its switches start anew.
    settings = replace(RowSettings.of("lean"), data="random")
    choose(chromium, "Start from the machine", "lean")
    changed()
    chromium.execute_script(PRESS)
    arrived(chromium, chip_numbers(explore_chip(settings)))
    assert chromium.execute_script(WIDTHS)[0] <= 0


def test_it_fits_on_a_phone(address: str, chromium: Any) -> None:
    size = {"width": PHONE[0], "height": PHONE[1], "deviceScaleFactor": 2, "mobile": True}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    chromium.get(address)
    until(chromium, "Predicted error rate")
    beyond, slider, picture = chromium.execute_script(WIDTHS)
    assert beyond <= 0
    assert picture <= 0
    assert slider >= 0.7 * PHONE[0]
    bottom, covers = chromium.execute_script(MENU)
    assert bottom <= 0
    assert not covers
    # What counts most stays in sight while sliders move.
    until(chromium, "errs ")
