"""A real screen reader, Orca with Firefox on a screen that nobody sees: keys go in, and what it would speak comes out."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from tests.support.engines import Firefox
from tests.support.screens import Screen, screen
from tests.support.stack import wait_until

PROGRAMS = ("orca", "dbus-daemon", "gsettings", "firefox-esr", "Xvfb", "xdotool")
# Orca writes what it hands to the voice into its own log; here no voice is needed.
SPOKEN = re.compile(r"SPEECH OUTPUT: '(.*)'(?:\{.*\})?$", re.MULTILINE)
# Its own hook for users: else the last words stay in a buffer.
CUSTOMIZED = """import orca.debug
println = orca.debug.println
def at_once(*arguments, **options):
    println(*arguments, **options)
    if orca.debug.debugFile:
        orca.debug.debugFile.flush()
orca.debug.println = at_once
"""
# A busy machine lets one wait for the first word, and between two.
QUIET_SECONDS, PATIENCE_SECONDS, MOST_SECONDS = 1.5, 8, 30
# So that Firefox tells it what is on the page.
ACCESSIBLE = {"GNOME_ACCESSIBILITY": "1", "GTK_MODULES": "gail:atk-bridge", "GSETTINGS_BACKEND": "keyfile"}


def missing() -> list[str]:
    """The programs that are not here."""
    return [name for name in PROGRAMS if not shutil.which(name)]


class Listener:
    """Somebody who does not see the screen: presses keys and hears."""

    def __init__(self, shown: Screen, folder: Path, scripts: bool) -> None:
        self._screen, self._log = shown, folder / "orca.out"
        run = folder / "run"
        run.mkdir(mode=0o700)
        shown.environment |= ACCESSIBLE | {"XDG_RUNTIME_DIR": str(run), "LANG": "C.UTF-8"}
        customized = folder / ".local/share/orca/orca-customizations.py"
        customized.parent.mkdir(parents=True)
        customized.write_text(CUSTOMIZED)
        address = folder / "bus"
        shown.start("dbus-daemon", "--session", "--nofork", f"--address=unix:path={address}")
        wait_until(address.exists, 10, "a message bus")
        shown.environment["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={address}"
        desktop = ["gsettings", "set", "org.gnome.desktop.interface", "toolkit-accessibility", "true"]
        subprocess.run(desktop, env=shown.environment, check=True, capture_output=True)
        shown.start("orca", f"--debug-file={self._log}", "--replace")
        wait_until(lambda: "Screen reader on." in self._written(), 60, "Orca")
        self.browser = Firefox(folder / "firefox", scripts=scripts, **shown.environment)
        self._heard = 0

    def _written(self) -> str:
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""

    def listen(self, wanted: str = "", patience_seconds: float = PATIENCE_SECONDS) -> list[str]:
        """What is spoken from the last time on until it is quiet; as long as there is patience, until this is among it."""
        start = last = monotonic()
        spoken = self._new()
        while monotonic() - start < patience_seconds + MOST_SECONDS:
            waiting = monotonic() - start < patience_seconds and not (spoken and wanted in " ".join(spoken))
            if not waiting and monotonic() - last > QUIET_SECONDS:
                break
            sleep(0.1)
            if len(now := self._new()) != len(spoken):
                spoken, last = now, monotonic()
        self._heard += len(spoken)
        return [text.strip() for text in spoken if text.strip()]

    def _new(self) -> list[str]:
        return SPOKEN.findall(self._written())[self._heard :]

    def open(self, address: str, end: str) -> list[str]:
        """Open a page, and hear all of it to the words at its end."""
        self.browser.go(address)
        return self.listen(end, 60)

    def press(self, key: str, wanted: str = "") -> list[str]:
        """Press a key, and hear what comes of it; where something is wanted, until that comes."""
        self._screen.use("key", key)
        return self.listen(wanted, 40) if wanted else self.listen()

    def write(self, text: str) -> None:
        """Type into the field in which one is."""
        self._screen.use("type", "--delay", "30", text)
        self.listen()

    def use(self, *command: str) -> None:
        """Mouse and keys in the words of xdotool, without listening."""
        self._screen.use(*command)

    def close(self) -> None:
        """End the browser; the screen ends the rest."""
        self.browser.stop()


@contextmanager
def listener(folder: Path, scripts: bool = True) -> Iterator[Listener]:
    """Orca and Firefox, with scripts or without, gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    with screen(folder) as shown:
        somebody = Listener(shown, folder, scripts)
        try:
            yield somebody
        finally:
            somebody.close()
