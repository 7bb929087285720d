"""`make serve`: both languages as they will look, with what the desk finds wrong on the page itself.

Only for the editor: nothing of this is in a build, and only this machine can reach it.
"""

import functools
import html
import re
import threading
from collections.abc import Callable
from datetime import date
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from editorial.check.inspection import page_problems, stray_problems
from editorial.check.lists import list_problems
from editorial.check.pictures import picture_kind
from editorial.check.report import LEVELS
from editorial.check.rules.facts import fact
from editorial.desk.desk import FACTS, Desk
from editorial.desk.files import PICTURES
from editorial.desk.problem import Problem, problems
from editorial.loopback import BY_ANOTHER_NAME, PLAIN, Answer, LoopbackHandler, file_in, listening
from editorial.preview.edition import LANGUAGES, Edition, edition, stamp
from editorial.preview.form_preview import with_form

WAIT_SECONDS = 25
SETTLE_SECONDS = 0.05
WATCHED = ("docs", "overrides", "editorial", "contact_service")
WAIT_ADDRESS = re.compile(r"/-desk/([0-9]{1,15})")
SEARCH_INDEX = "search/search_index.json"
HTML = "text/html; charset=utf-8"
PANEL = Path(__file__).with_name("panel.html")
LEVEL_WORDS = {"error": "Fout", "advice": "Advies", "note": "Werk dat nog wacht"}


class Changes(FileSystemEventHandler):
    """Counts the changes on disk, and lets an open page wait for the next one."""

    def __init__(self) -> None:
        self.count = 0
        self._changed = threading.Condition()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Something was written, made, moved or deleted."""
        if event.event_type in ("opened", "closed_no_write") or event.is_directory or "__pycache__" in str(event.src_path):
            return
        with self._changed:
            self.count += 1
            self._changed.notify_all()

    def wait(self, seen: int) -> int:
        """Come back at the next change, or after a while."""
        with self._changed:
            self._changed.wait_for(lambda: self.count != seen, WAIT_SECONDS)
            # A program saves in several strokes; the first one may leave the file empty.
            while self._changed.wait(SETTLE_SECONDS):
                pass
            return self.count


class Preview:
    """Makes each page when it is asked for; settings and facts are read again once they change."""

    def __init__(self, root: Path, changes: Changes) -> None:
        self._root = root
        self.changes = changes
        self._lock = threading.Lock()
        self._stamp: tuple[object, ...] = ()
        self._editions: dict[str, Edition] = {}
        self._desk: tuple[int, Desk] = (-1, Desk(root, date.min))
        self._indexes: dict[str, tuple[int, bytes]] = {}

    def answer(self, path: str) -> Answer:
        """What the browser gets for an address."""
        if seen := WAIT_ADDRESS.fullmatch(path):
            return HTTPStatus.OK, "text/plain", str(self.changes.wait(int(seen[1]))).encode()
        if path.startswith("/assets/"):
            return _file(self._root / "overrides" / path.lstrip("/"), self._root / "overrides")
        with self._lock:
            return self._page(path.lstrip("/"))

    def _page(self, address: str) -> Answer:
        seen = self.changes.count
        prefix = next(prefix for prefix in LANGUAGES if address.startswith(prefix))
        desk = Desk(self._root, date.min)
        # Before MkDocs reads any setting: it would run what one names.
        if wrong := [*stray_problems(desk.contents.unsafe)] or [*list_problems(desk)]:
            return HTTPStatus.OK, HTML, self._settings_report(wrong, seen)
        try:
            if self._stamp != (now := stamp(self._root)):
                self._editions, self._stamp = {}, now
            if prefix not in self._editions:
                self._editions[prefix] = edition(self._root, prefix)
        # What is left is for the editor to mend, whatever reading it raised.
        except Exception as fault:
            return HTTPStatus.OK, HTML, self._report("De site is niet te lezen", str(fault), seen)
        shown = self._editions[prefix]
        if address == f"{prefix}{SEARCH_INDEX}":
            return HTTPStatus.OK, "application/json", self._index(prefix, seen)
        page = shown.page(address.removeprefix(prefix))
        if page is None:
            file = shown.files.get_file_from_path(address.removeprefix(prefix))
            picture = Path(file.abs_src_path or "") if file else self._root / "?"
            safe = picture.suffix not in PICTURES or not [*picture_kind(picture)]
            return _file(picture if safe else self._root / "?", self._root)
        path = f"docs/{Path(shown.config.docs_dir).name}/{page.file.src_uri}"
        panel = ""
        try:
            panel = self._panel(path, seen)
            made = with_form(shown.html(page), shown.config)
        # Whatever a half-written page or theme does, the editor sees what the desk says of it.
        except Exception as fault:
            return HTTPStatus.OK, HTML, self._report(path, f"{type(fault).__name__}: {fault}", seen, panel)
        return HTTPStatus.OK, HTML, made.replace("</body>", f"{panel}</body>").encode()

    def _index(self, prefix: str, seen: int) -> bytes:
        if self._indexes.get(prefix, (-1, b""))[0] != seen:
            self._indexes[prefix] = seen, self._editions[prefix].search_index().encode()
        return self._indexes[prefix][1]

    def _panel(self, path: str, seen: int) -> str:
        if self._desk[0] != seen:
            self._desk = seen, Desk(self._root, date.today(), self._desk[1].spelling)  # noqa: DTZ011 - an editor's day
        desk = self._desk[1]
        page = next((page for page in desk.pages.values() if page.path == path), None)
        found = page_problems(page, desk) if page else [problem for problem in desk.unreadable if problem.path == path]
        # A fault in the shared facts is on every page that shows them, and a stray file on none.
        found += [*problems("fact", FACTS, fact(desk)), *stray_problems(desk.contents.strays)]
        found.sort(key=lambda problem: (LEVELS.index(problem.rule.level), problem.order))
        items = "".join(_item(problem, path) for problem in found) or "<li>Geen fouten gevonden.</li>"
        return self._framed(path, items, seen)

    def _settings_report(self, found: list[Problem], seen: int) -> bytes:
        items = "".join(f"<p>{html.escape(problem.path)}</p><ul>{_item(problem, problem.path)}</ul>" for problem in found)
        return self._report("Een lijst of een bestand klopt niet", "", seen, self._framed("", items, seen))

    def _framed(self, path: str, items: str, seen: int) -> str:
        return PANEL.read_text("utf-8").replace("PATH", html.escape(path)).replace("ITEMS", items).replace("SEEN", str(seen))

    def _report(self, what: str, detail: str, seen: int, panel: str = "") -> bytes:
        panel = panel or self._framed("", f"<li>{html.escape(detail)}</li>", seen)
        return f'<!doctype html><html lang="nl"><meta charset="utf-8"><h1>{html.escape(what)}</h1><body>{panel}'.encode()


def _item(problem: Problem, page: str) -> str:
    what, solve = map(html.escape, problem.sentences("nl"))
    changed = html.escape("\n".join(problem.finding.detail))
    shown = f"<pre>{changed}</pre>" if changed else ""
    level = problem.rule.level
    where = f"regel {problem.finding.line}" + ("" if problem.path == page else f" van {problem.path}")
    return f'<li class="desk-{level}"><b>{LEVEL_WORDS[level]}, {where}.</b> {what} <i>{solve}</i>{shown}</li>'


def _file(path: Path, inside: Path) -> Answer:
    found = file_in(inside, path)
    return (HTTPStatus.OK, *found) if found else (HTTPStatus.NOT_FOUND, PLAIN, b"Dit adres bestaat niet.")


class _Handler(LoopbackHandler):
    def __init__(self, answer: Callable[[str], Answer], *arguments: object) -> None:
        self._answer = answer
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:  # noqa: N802 - the name of the base class
        """Answer the editor's own browser."""
        answer = self._answer(self.path.partition("?")[0]) if self.has_own_name() else BY_ANOTHER_NAME
        self.send(answer, {"Cache-Control": "no-store"})


def serve(root: Path, port: int) -> ThreadingHTTPServer:
    """Watch the files and be ready to answer; the caller decides how long."""
    changes = Changes()
    observer = Observer()
    for folder in WATCHED:
        observer.schedule(changes, str(root / folder), recursive=True)
    observer.schedule(changes, str(root), recursive=False)
    observer.daemon = True
    observer.start()
    return listening(functools.partial(_Handler, Preview(root, changes).answer), port)
