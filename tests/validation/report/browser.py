"""A real browser, driven over the WebDriver protocol: pages opened, keys pressed, console and network read.

Only the standard library is used. The browser is Chromium with the chromedriver beside it; in continuous integration
(CI is set) their absence is a failure, elsewhere the tests that need them are skipped.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
DRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--force-device-scale-factor=1",
    # The browser's own errands find no host either, so the test needs no network and makes no use of one.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--disable-features=OverscrollHistoryNavigation",
)  # fmt: skip
RIGHT, HOME, END = "\ue014", "\ue011", "\ue010"


class Browser:
    """One session. Every call is one WebDriver command."""

    def __init__(self, address: str, session: str) -> None:
        self._root = f"{address}/session/{session}"

    def open(self, page: Path) -> None:
        self._send("POST", "url", {"url": page.resolve().as_uri()})

    def run(self, script: str, *arguments: Any) -> Any:
        """What the script returns in the page."""
        return self._send("POST", "execute/sync", {"script": script, "args": list(arguments)})

    def press(self, selector: str, keys: str) -> None:
        """Type into the element, as a reader would."""
        element = self._send("POST", "element", {"using": "css selector", "value": selector})
        self._send("POST", f"element/{next(iter(element.values()))}/value", {"text": keys})

    def resize(self, width: int, height: int) -> None:
        """The page's own size, as a phone or a desk would give it."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)

    def devtools(self, command: str, parameters: dict[str, Any]) -> Any:
        return self._send("POST", "goog/cdp/execute", {"cmd": command, "params": parameters})

    def screenshot(self, file: Path, whole: bool = True) -> None:
        shot = self.devtools("Page.captureScreenshot", {"captureBeyondViewport": whole})
        file.write_bytes(base64.b64decode(shot["data"]))

    def pdf(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self.devtools("Page.printToPDF", {"printBackground": True})["data"]))

    def console(self) -> list[str]:
        """What the console has said since the last call."""
        return [str(entry["message"]) for entry in self._send("POST", "se/log", {"type": "browser"})]

    def requests(self) -> list[str]:
        """Addresses that opened files have asked for since the last call, but for files themselves and data in them."""
        asked = []
        for entry in self._send("POST", "se/log", {"type": "performance"}):
            event = json.loads(entry["message"])["message"]
            # The browser's own pages ask for things too; only what a file's page wants counts.
            if event["method"] == "Network.requestWillBeSent" and event["params"]["documentURL"].startswith("file:"):
                asked.append(str(event["params"]["request"]["url"]))
        return [address for address in asked if not address.startswith(("file:", "data:"))]

    def _send(self, method: str, command: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(
            f"{self._root}/{command}", json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["value"]


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A fresh Chromium with a profile of its own. Skips, or in continuous integration fails, where there is none."""
    if CHROMIUM is None or DRIVER is None:
        if os.environ.get("CI"):
            pytest.fail("there is no chromium and chromedriver, and CI must not pass without them; see .ci/run")
        pytest.skip("no chromium and chromedriver on this machine")
    driver = subprocess.Popen([DRIVER, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert driver.stdout is not None
    try:
        port = None
        for line in driver.stdout:
            if (found := re.search(r"started successfully on port (\d+)", line)) is not None:
                port = found.group(1)
                break
        assert port is not None, "chromedriver did not start"
        address = f"http://127.0.0.1:{port}"
        options = {"binary": CHROMIUM, "args": [*FLAGS, f"--user-data-dir={profile}"]}
        wanted = {
            "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }  # fmt: skip
        body = json.dumps({"capabilities": {"alwaysMatch": wanted}}).encode()
        request = urllib.request.Request(f"{address}/session", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            session = json.load(answer)["value"]["sessionId"]
        try:
            yield Browser(address, session)
        finally:
            urllib.request.urlopen(
                urllib.request.Request(f"{address}/session/{session}", method="DELETE"), timeout=60
            ).close()
    finally:
        driver.terminate()
        driver.wait(timeout=30)
