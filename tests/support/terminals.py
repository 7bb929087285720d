"""Browsers that run in a terminal, driven by keys as by a person: tmux is the terminal, and tells what stands where."""

import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from contact_service.mail.submission import ROLES
from tests.support.stack import wait_until

LOCALE = ("LANG", "LC_ALL")
SIZE = ["-x", "110", "-y", "60"]
LYNX = "INCLUDE:/etc/lynx/lynx.cfg\nSHOW_CURSOR:TRUE\nCHARACTER_SET:utf-8\n"
# What w3m starts when somebody writes in a field of several lines.
EDITOR = '#!/bin/sh\ncat "{text}" > "$1"\n'


class Terminal:
    """One program on a screen that nobody sees."""

    def __init__(self, folder: Path, command: list[str]) -> None:
        self._tmux = ["tmux", "-S", str(folder / "tmux"), "-f", "/dev/null"]
        environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "TERM": "xterm-256color"} | dict.fromkeys(
            LOCALE, "C.UTF-8"
        )
        subprocess.run([*self._tmux, "new-session", "-d", *SIZE, *command], check=True, env=environment)

    def screen(self) -> str:
        """What is to be read now."""
        return self._ask("capture-pane", "-p")

    def line(self) -> str:
        """The line on which the cursor stands."""
        return self.screen().split("\n")[int(self._ask("display-message", "-p", "#{cursor_y}"))]

    def press(self, key: str) -> None:
        """Press one key, and wait until something has come of it."""
        before = self._state()
        self._ask("send-keys", key)
        wait_until(lambda: self._state() != before, 10, f"an effect of {key} on\n{before}")

    def write(self, text: str) -> None:
        """Type this."""
        self._ask("send-keys", "-l", "--", text)

    def close(self) -> None:
        """End the program with its terminal."""
        self._ask("kill-server")

    def _state(self) -> str:
        return self.screen() + self._ask("display-message", "-p", "#{cursor_x} #{cursor_y}")

    def _ask(self, *command: str) -> str:
        return subprocess.run([*self._tmux, *command], check=True, capture_output=True, text=True).stdout


@dataclass(frozen=True)
class TextBrowser:
    """How a program is started and by which keys a form is filled in with it.

    `first` are keys before anything; `follow` goes to the next link or field, `from_message` from the last field to the button.
    """

    name: str
    package: str
    arguments: Callable[[Path], list[str]]
    follow: str
    first: tuple[str, ...] = ()
    from_message: tuple[str, ...] = ("Tab", "Tab")
    opens_fields: bool = False
    asks_below: bool = False

    @property
    def missing(self) -> bool:
        """Whether the program, or the terminal for it, is not here."""
        return not (shutil.which(self.name) and shutil.which("tmux"))

    def send(self, folder: Path, address: str, role: str, answers: Mapping[str, str]) -> str:
        """Open the form at this address, choose, write and send; the page that comes."""
        (folder / "message").write_text(answers["message"], "utf-8")
        terminal = Terminal(folder, [self.name, *self.arguments(folder), address])
        try:
            wait_until(lambda: "112" in terminal.screen(), 20, f"the page in {self.name}")
            for key in self.first:
                terminal.press(key)
            while role not in terminal.line():
                terminal.press(self.follow)
            terminal.press("Enter")
            self._fill(terminal, role, answers)
            terminal.press("Enter")
            return str(wait_until(lambda: self._answer(terminal), 30, f"an answer in {self.name}"))
        finally:
            terminal.close()

    def _fill(self, terminal: Terminal, role: str, answers: Mapping[str, str]) -> None:
        # After the role those that come behind it, then the fields one after the other; none of them is named on its line.
        for steps, name in ((len(ROLES) - ROLES.index(role), "reach"), (1, "name"), (4, "message")):
            for _ in range(steps):
                terminal.press(self.follow)
            self._write(terminal, answers[name], several_lines=name == "message")
        for key in self.from_message:
            terminal.press(key)

    def _write(self, terminal: Terminal, text: str, several_lines: bool) -> None:
        if self.opens_fields or self.asks_below:
            terminal.press("Enter")
        if self.asks_below and several_lines:
            return  # Its editor has written it.
        for number, line in enumerate(text.split("\n")):
            if number:
                terminal.press("Enter")
            if line:
                terminal.write(line)
                # Some show a sign that they don't know as a gap, and keep it all the same.
                last = line.split()[-1]
                wait_until(lambda last=last: last in terminal.screen(), 10, f"{last} on\n{terminal.screen()}")
        if self.asks_below:
            terminal.press("Enter")

    def _answer(self, terminal: Terminal) -> str:
        screen = terminal.screen()
        if "[ Yes ]" in screen:
            # It asks whether a form may be sent at all.
            terminal.press("Enter")
        return screen if "is ontvangen" in screen else ""


def _lynx(folder: Path) -> list[str]:
    (folder / "lynx.cfg").write_text(LYNX)
    return [f"-cfg={folder / 'lynx.cfg'}", "-display_charset=utf-8", "-accept_all_cookies"]


def _w3m(folder: Path) -> list[str]:
    editor = folder / "editor"
    editor.write_text(EDITOR.format(text=folder / "message"))
    editor.chmod(0o755)
    return ["-o", "display_charset=UTF-8", "-o", f"editor={editor}", "-o", "confirm_qq=0"]


def _elinks(_folder: Path) -> list[str]:
    return ["-no-home", "1"]


TEXT_BROWSERS = (
    TextBrowser("lynx", "lynx", _lynx, "Tab"),
    TextBrowser("w3m", "w3m", _w3m, "Tab", asks_below=True),
    TextBrowser("links", "links", lambda _: [], "Down", first=("Enter",), from_message=("Down", "Down")),
    TextBrowser("elinks", "elinks", _elinks, "Down", from_message=("Escape", "Down", "Down"), opens_fields=True),
)
