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

from studies.explorer.drawing import row_numbers
from studies.explorer.row import explore
from studies.explorer.scales import scales
from studies.explorer.settings import RowSettings

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.slow,  # 40 s on a busy machine
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
# How far the page and its pictures reach beyond the window, and the narrowest slider; px.
WIDTHS = """
const tracks = [...document.querySelectorAll("marimo-slider")].map(
  each => each.shadowRoot.querySelector("[role=slider]").parentElement.parentElement);
return [document.documentElement.scrollWidth - window.innerWidth,
        Math.min(...tracks.map(t => t.getBoundingClientRect().width)),
        Math.max(...[...document.querySelectorAll("svg[role=img]")].map(
          s => s.getBoundingClientRect().right)) - window.innerWidth];
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


def shown(settings: RowSettings) -> list[str]:
    """Values that stand above the pictures of a row."""
    return [value for _, value, _ in row_numbers(explore(settings))]


def test_sliders_change_the_row(address: str, chromium: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    chromium.set_window_size(1280, 900)
    chromium.get(address)
    settings = replace(RowSettings.of("robust"), data="network")
    before = shown(settings)
    for value in before:
        until(chromium, value)
    for name, label in (
        ("power_w", "Laser power"),
        ("static_error_rad", "Static error"),
        ("modulus", "Modulus"),
    ):
        scale = scales(RowSettings.of("robust"))[name]
        step = scale.setting(scale.steps[scale.steps.index(scale.start) - 1])
        settings = replace(settings, **{name: int(step) if name == "modulus" else step})
        chromium.execute_script(SLIDER, label).send_keys(Keys.ARROW_LEFT)
        after = shown(settings)
        assert after[:2] != before[:2]
        for value in after:
            until(chromium, value)
        before = after
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
    # What counts most stays in sight while sliders move.
    until(chromium, "errs ")
