"""Whole browsers from Debian: Chromium, and Firefox and WebKit by their own protocols, Marionette and WebDriver over HTTP."""

import json
import os
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tests.support.chromium import chromium
from tests.support.marionette import Marionette
from tests.support.stack import free_port, is_open, wait_until

MINIBROWSER = next(iter(sorted(Path("/usr/lib").glob("*/webkit2gtk-*/MiniBrowser"))), None)
WEBKIT_ALONE = {"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1", "WEBKIT_DISABLE_COMPOSITING_MODE": "1"}
# Otherwise a browser starts a bus of its own, whose programs outlive it and hold a file system open in its folder.
NO_BUS = {"DBUS_SESSION_BUS_ADDRESS": "disabled:"}
FIREFOX_SETTINGS = {"datareporting.policy.dataSubmissionEnabled": False, "app.update.enabled": False, "network.proxy.type": 0}
EMPTY: Mapping[str, object] = MappingProxyType({})


class Chromium:
    """The program that people have; the other tests drive its engine alone, by HEADLESS_SHELL."""

    missing = None if shutil.which("chromium") else "chromium"

    def __init__(self, _profile: Path) -> None:
        self._ending = ExitStack()
        self._page = self._ending.enter_context(chromium()).new_page()

    def go(self, address: str) -> None:
        self._page.goto(address)

    def address(self) -> str:
        # Playwright hears of a new page only while it waits for something.
        self._page.wait_for_timeout(0)
        return self._page.url

    def back(self) -> None:
        self._page.go_back()

    def run(self, script: str, *arguments: object) -> Any:
        return self._page.evaluate(f"given => (function () {{ {script}\n }})(...given)", arguments)

    def stop(self) -> None:
        self._ending.close()


class _Process:
    @contextmanager
    def started(self, command: list[str], folder: Path, **environment: str) -> Iterator[None]:
        """Start it, and end it again when it cannot be spoken to."""
        folder.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "HOME": str(folder), **NO_BUS, **environment}
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            yield
        except BaseException:
            _Process.stop(self)
            raise

    def stop(self) -> None:
        """End the browser and all that it started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Firefox(_Process):
    """A Firefox with a new profile, without a screen or on one that is given."""

    missing = None if shutil.which("firefox-esr") else "firefox-esr"

    def __init__(
        self, profile: Path, *, scripts: bool = True, preferences: Mapping[str, object] = EMPTY, **environment: str
    ) -> None:
        port = free_port()
        profile.mkdir(parents=True)
        settings = {**FIREFOX_SETTINGS, **preferences, "marionette.port": port, "javascript.enabled": scripts}
        (profile / "user.js").write_text("".join(f'user_pref("{n}", {json.dumps(v)});\n' for n, v in settings.items()))
        headless = [] if "DISPLAY" in environment else ["--headless"]
        command = ["firefox-esr", *headless, "--no-remote", "--marionette", "--profile", str(profile)]
        with self.started(command, profile, **environment):
            wait_until(lambda: is_open(port), 60, f"Firefox, see {profile / 'log'}")
            self._marionette = Marionette(port, 60)

    def go(self, address: str) -> None:
        self._marionette.command("WebDriver:Navigate", url=address)

    def address(self) -> str:
        return str(self._marionette.command("WebDriver:GetCurrentURL")["value"])

    def back(self) -> None:
        self._marionette.command("WebDriver:Back")

    def run(self, script: str, *arguments: object) -> Any:
        return self._marionette.command("WebDriver:ExecuteScript", script=script, args=arguments)["value"]

    def print(self) -> str:
        return str(self._marionette.command("WebDriver:Print")["value"])

    def stop(self) -> None:
        self._marionette.close()
        super().stop()


class WebKit(_Process):
    """WebKitGTK, of the engine family of every iPhone, on a screen that nobody sees."""

    missing = None if MINIBROWSER and shutil.which("WebKitWebDriver") and shutil.which("xvfb-run") else "webkit2gtk-driver xvfb"

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        port = free_port()
        self._address = f"http://127.0.0.1:{port}/session"
        command = ["xvfb-run", "--auto-servernum", "WebKitWebDriver", f"--port={port}"]
        options = {"binary": str(MINIBROWSER), "args": ["--automation", *arguments]}
        with self.started(command, folder, **WEBKIT_ALONE, **environment):
            wait_until(lambda: is_open(port), 60, f"WebKit, see {folder / 'log'}")
            session = self._post("", {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}})
        self._address += f"/{session['sessionId']}"

    def go(self, address: str) -> None:
        self._post("/url", {"url": address})

    def address(self) -> str:
        with urllib.request.urlopen(f"{self._address}/url", timeout=60) as answer:
            return str(json.load(answer)["value"])

    def back(self) -> None:
        self._post("/back", {})

    def run(self, script: str, *arguments: object) -> Any:
        return self._post("/execute/sync", {"script": script, "args": arguments})

    def _post(self, path: str, data: dict[str, Any]) -> Any:
        # WebKit of 2026 takes no other kind.
        as_json = {"Content-Type": "application/json"}
        request = urllib.request.Request(self._address + path, json.dumps(data).encode(), as_json)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]


Engine = Chromium | Firefox | WebKit


@pytest.fixture(scope="module", params=[Chromium, Firefox, WebKit], ids=["chromium", "firefox", "webkit"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Each of them, for the tests of a file that names this fixture among its imports."""
    if request.param.missing:
        pytest.skip(f"needs the Debian package {request.param.missing}")
    engine = request.param(tmp_path_factory.mktemp("engine") / "profile")
    yield engine
    engine.stop()
