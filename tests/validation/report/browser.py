"""A real browser for the tests: Chromium, driven by selenium, with its console and its requests kept.

The chromedriver beside the browser is named to selenium, so that it looks for none and downloads none. In continuous
integration (CI is set) their absence is a failure, elsewhere the tests that need them are skipped.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
DRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-device-scale-factor=1",
    # The browser's own errands find no host either, so the test needs no network and makes no use of one.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--disable-features=OverscrollHistoryNavigation",
)


@contextmanager
def browser(profile: Path) -> Iterator[Chrome]:
    """A fresh Chromium with a profile of its own. Skips, or in continuous integration fails, where there is none."""
    if CHROMIUM is None or DRIVER is None:
        if os.environ.get("CI"):
            pytest.fail("there is no chromium and chromedriver, and CI must not pass without them; see .ci/run")
        pytest.skip("no chromium and chromedriver on this machine")
    options = ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options, ChromeService(executable_path=DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


def resize(driver: Chrome, width: int, height: int) -> None:
    """Give the page itself this size, as a phone or a desk would."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def console(driver: Chrome) -> list[str]:
    """What the console has said since the last call."""
    return [str(entry["message"]) for entry in _log(driver, "browser")]


def requests(driver: Chrome) -> list[str]:
    """Addresses that opened files have asked for since the last call, but for files themselves and data in them."""
    asked = []
    for entry in _log(driver, "performance"):
        event = json.loads(entry["message"])["message"]
        # The browser's own pages ask for things too; only what a file's page wants counts.
        if event["method"] == "Network.requestWillBeSent" and event["params"]["documentURL"].startswith("file:"):
            asked.append(str(event["params"]["request"]["url"]))
    return [address for address in asked if not address.startswith(("file:", "data:"))]


def _log(driver: Any, kind: str) -> list[dict[str, Any]]:
    return list(driver.get_log(kind))  # selenium leaves it without types
