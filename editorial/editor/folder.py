"""What the editor asks of a code host, answered from a folder: as much of Gitea's API as it uses.

A save that was made from an older version of a file is refused as a whole, as a host refuses it: two editors lose nothing.
"""

import base64
import binascii
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from editorial.desk.files import FILE_NAME, PAGE, PICTURE
from editorial.editor.config import LISTS
from editorial.loopback import Answer

REPOSITORY = "here/site"
BRANCH = "here"
API = "/api/v1"
EDITOR = {"id": 1, "login": "redactie", "full_name": "Redactie", "email": "", "html_url": "", "avatar_url": ""}


class Outdated(Exception):
    """Somebody else changed this file since the editor read it; nothing was saved."""


def may_edit(name: str) -> bool:
    """Whether a path of the repository is one of a page, a picture or a list."""
    inner = name.removeprefix("docs/")
    page = bool(PAGE.fullmatch(inner) and FILE_NAME.fullmatch(name.rpartition("/")[2]))
    return name in LISTS or (name.startswith("docs/") and (page or bool(PICTURE.fullmatch(inner))))


def blob(content: bytes) -> str:
    """The name that git gives to a content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


class Folder:
    """A repository's folder, with what shall happen after a save: it is told the paths and a message, and names the commit."""

    def __init__(self, root: Path, saved: Callable[[list[str], str], str] | None = None) -> None:
        self._root = root
        self._saved = saved

    def answer(self, method: str, target: str, body: bytes) -> Answer:
        """What the editor gets for a request below `API`; what it never asks does not exist."""
        address = urlsplit(target)
        path = unquote(address.path.removeprefix(API))
        inside = path.removeprefix(f"/repos/{REPOSITORY}")
        try:
            if method == "POST":
                return self._posted(inside, json.loads(body))
            if inside.startswith(("/raw/", f"/media/{BRANCH}/")):
                return self._file(inside.removeprefix("/raw/").removeprefix(f"/media/{BRANCH}/"))
            return self._told(path, inside, parse_qs(address.query))
        except Outdated as why:
            return _json({"message": str(why)}, HTTPStatus.CONFLICT)
        except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
            return _json({"message": "Dit kan niet worden bewaard."}, HTTPStatus.BAD_REQUEST)

    def _told(self, path: str, inside: str, query: dict[str, list[str]]) -> Answer:
        fixed: dict[str, Any] = {
            "/version": {"version": "1.24.0"},
            "/user": EDITOR,
            "/settings/api": {"default_paging_num": 100, "max_response_items": 100},
            f"/repos/{REPOSITORY}": {"permissions": {"pull": True, "push": True}, "default_branch": BRANCH},
        }
        if path in fixed:
            return _json(fixed[path])
        if inside == f"/branches/{BRANCH}":
            return _json({"commit": {"id": self.head(), "message": ""}})
        if inside.startswith("/git/trees/"):
            return _json({"tree": [{"type": "blob", **entry} for entry in self._tree()], "truncated": False})
        return _json([] if inside == "/commits" else {}, HTTPStatus.OK if inside == "/commits" else HTTPStatus.NOT_FOUND)

    def _paths(self) -> Iterator[str]:
        found = [*self._root.glob("docs/??/*.md"), *self._root.glob("docs/??/img/*"), *(self._root / name for name in LISTS)]
        for path in sorted(found):
            name = path.relative_to(self._root).as_posix()
            if may_edit(name) and self._place(name).is_file():
                yield name

    def _place(self, name: str) -> Path:
        """Where a file lies. Raises ValueError for one that is not an editor's, or that leads elsewhere."""
        path = self._root / name
        if not may_edit(name) or any(part.is_symlink() for part in (path, *path.parents) if part.is_relative_to(self._root)):
            raise ValueError(name)
        return path

    def _tree(self) -> list[dict[str, Any]]:
        contents = ((name, self._place(name).read_bytes()) for name in self._paths())
        return [{"path": name, "sha": blob(content), "size": len(content)} for name, content in contents]

    def head(self) -> str:
        """A name for all files as they are now."""
        return hashlib.sha1(json.dumps(self._tree()).encode(), usedforsecurity=False).hexdigest()

    def _file(self, name: str) -> Answer:
        path = self._place(name)
        return HTTPStatus.OK, "application/octet-stream", path.read_bytes() if path.is_file() else b""

    def _posted(self, inside: str, body: dict[str, Any]) -> Answer:
        if inside == "/file-contents":
            known = {*self._paths()}
            return _json([self._content(name) if name in known else None for name in body["files"]])
        if inside != "/contents":
            return _json({}, HTTPStatus.NOT_FOUND)
        changes = [self._change(file) for file in body["files"]]
        # Every one was looked at before the first is written.
        for path, content in changes:
            _write(path, content)
        names = [path.relative_to(self._root).as_posix() for path, _ in changes]
        commit = self._saved(names, str(body.get("message") or "")) if self._saved else self.head()
        files = [{"path": name, "sha": blob(content or b"")} for name, (_, content) in zip(names, changes, strict=True)]
        return _json({"commit": {"sha": commit, "created": "1970-01-01T00:00:00Z"}, "files": files}, HTTPStatus.CREATED)

    def _content(self, name: str) -> dict[str, Any]:
        content = self._place(name).read_bytes()
        coded = base64.b64encode(content).decode()
        return {"path": name, "sha": blob(content), "size": len(content), "encoding": "base64", "content": coded}

    def _change(self, file: dict[str, Any]) -> tuple[Path, bytes | None]:
        path, operation = self._place(str(file["path"])), file["operation"]
        there = path.read_bytes() if path.is_file() else None
        if operation not in ("create", "update", "delete") or file.get("from_path"):
            raise ValueError(operation)
        new = operation == "create"
        if new != (there is None) or (there is not None and blob(there) != file.get("sha")):
            raise Outdated(
                f"Iemand anders heeft {file['path']} intussen veranderd. Er is niets bewaard. Bewaar uw tekst en laad opnieuw."
            )
        return path, None if operation == "delete" else base64.b64decode(file["content"], validate=True)


def _write(path: Path, content: bytes | None) -> None:
    """Put a file in place whole, or take it away."""
    if content is None:
        path.unlink()
        return
    path.parent.mkdir(exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    with os.fdopen(handle, "wb") as half:
        half.write(content)
    Path(name).chmod(0o644)
    Path(name).replace(path)


def _json(told: Any, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    return status, "application/json", json.dumps(told).encode()
