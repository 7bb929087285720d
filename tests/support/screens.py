"""Browsers that draw for themselves and that nothing drives: a screen nobody sees, a mouse, keys, and what is read there."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.engines import NO_BUS
from tests.support.stack import wait_until

WIDTH, HEIGHT = 1280, 1400
# Light words become black on white.
LIGHT = ["-colorspace", "Gray", "-negate", "-threshold", "45%"]
TOOLS = ("Xvfb", "xdotool", "xclip", "import", "tesseract")


@dataclass(frozen=True)
class Word:
    """A word on the screen, in pixels from the upper left."""

    text: str
    left: int
    top: int
    height: int


class Screen:
    """An X server of its own with one program on it."""

    def __init__(self, folder: Path) -> None:
        reading, writing = os.pipe()
        self._log = (folder / "screen.log").open("ab")
        command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten", "tcp", "-noreset"]
        self._processes = [self._started(command, pass_fds=[writing])]
        os.close(writing)
        with os.fdopen(reading) as told:
            self.display = f":{told.readline().strip()}"
        self.environment = {**os.environ, "HOME": str(folder), "DISPLAY": self.display, "LC_ALL": "C.UTF-8"}
        wait_until(lambda: self.use("getmouselocation"), 10, "a screen")

    def start(self, *command: str, **environment: str) -> None:
        """Start a program on this screen."""
        self._processes.append(self._started(command, env=self.environment | environment))

    def _started(self, command: object, **options: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, stdout=self._log, stderr=self._log, start_new_session=True, **options)  # type: ignore[call-overload, no-any-return]

    def use(self, *command: str) -> str:
        """Move the mouse and press keys, in the words of xdotool."""
        run = subprocess.run(["xdotool", *command], check=False, env=self.environment, capture_output=True, text=True)
        return run.stdout

    def paste(self, text: str) -> None:
        """Put this where the cursor is: the keys of a keyboard make no emoji."""
        command = ["xclip", "-selection", "clipboard", "-loops", "1"]
        subprocess.run(command, input=text.encode(), check=True, env=self.environment, stdout=subprocess.DEVNULL)
        self.use("key", "ctrl+v")

    def words(self, *, light: bool = False) -> list[Word]:
        """What can be read on the screen: dark words, or light ones on a dark ground."""
        look = ["import", "-window", "root", "png:-"]
        picture = subprocess.run(look, check=True, env=self.environment, capture_output=True)
        if light:
            picture = subprocess.run(
                ["convert", "png:-", *LIGHT, "png:-"], input=picture.stdout, check=True, capture_output=True
            )
        command = ["tesseract", "-", "-", "--psm", "11", "tsv"]
        read = subprocess.run(command, input=picture.stdout, check=True, env=self.environment, capture_output=True)
        rows = [line.split("\t") for line in read.stdout.decode().splitlines()[1:]]
        return [Word(row[11], int(row[6]), int(row[7]), int(row[9])) for row in rows if row[11].strip()]

    def picture(self, file: Path) -> None:
        """Keep what is to be seen."""
        subprocess.run(["import", "-window", "root", str(file)], check=True, env=self.environment)

    def find(self, text: str) -> Word | None:
        """The first word that contains this."""
        return next((word for word in self.words() if text in word.text), None)

    def click(self, x: int, y: int) -> None:
        """Click there, and let the program notice."""
        self.use("mousemove", "--sync", str(x), str(y), "click", "1")

    def stop(self) -> None:
        """End the program and the screen."""
        for process in reversed(self._processes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._log.close()


@contextlib.contextmanager
def screen(folder: Path) -> Iterator[Screen]:
    """A screen that is gone afterwards."""
    shown = Screen(folder)
    try:
        yield shown
    except BaseException:
        shown.picture(folder / "failed.png")
        raise
    finally:
        shown.stop()


@dataclass(frozen=True)
class DrawnBrowser:
    """How a program is started, and how far below its hint a field lies there."""

    name: str
    package: str
    below: int

    @property
    def missing(self) -> bool:
        """Whether the program, or what reads the screen, is not here."""
        return not all(map(shutil.which, (self.name, *TOOLS)))

    def send(self, folder: Path, address: str, role: str, answers: Mapping[str, str], picture: Path | None = None) -> str:
        """Open the form at this address, choose, write and send; the page that comes."""
        with screen(folder) as shown:
            shown.start(self.name, address, **NO_BUS)
            window = str(wait_until(lambda: self._window(shown), 30, f"a window of {self.name}"))
            shown.use("windowmove", window, "0", "0", "windowsize", window, str(WIDTH), str(HEIGHT))
            label = self._scrolled_to(shown, role)
            # The button stands before its word.
            shown.click(label.left - 22, label.top + label.height // 2)
            # By a word of the last line of the hint above each.
            for name, hint in (("reach", "telefoonnummer:"), ("name", "andere"), ("message", "tekens")):
                above = self._scrolled_to(shown, hint)
                shown.click(200, above.top + above.height + self.below)
                shown.paste(answers[name])
            if picture:
                shown.picture(picture)
            button = self._scrolled_to(shown, "versturen", light=True)
            shown.click(button.left, button.top + button.height // 2)
            wait_until(lambda: shown.find("ontvangen"), 40, f"an answer in {self.name}")
            return " ".join(word.text for word in shown.words())

    def _window(self, shown: Screen) -> str:
        found = shown.use("search", "--onlyvisible", "--name", "veilig").split()
        return found[-1] if found else ""

    def _scrolled_to(self, shown: Screen, text: str, *, light: bool = False) -> Word:
        # Over nothing that has a wheel of its own.
        shown.use("mousemove", "--sync", str(WIDTH - 40), str(HEIGHT // 2))
        for _ in range(20):
            found = [word for word in shown.words(light=light) if text in word.text and word.top < HEIGHT * 0.9]
            if found:
                return found[0]
            shown.use("click", "--repeat", "3", "5")
        raise AssertionError(f"{self.name} shows no {text}")


DRAWN_BROWSERS = (DrawnBrowser("netsurf-gtk", "netsurf-gtk", 45), DrawnBrowser("dillo", "dillo", 16))
