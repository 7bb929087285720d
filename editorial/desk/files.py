"""What may lie in the folders of pages: pages, pictures, the notes of changes and the lists. The rest is never built."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".svg"}
# Kinds that a reader's browser may not show, or that no check here can look into.
OTHER_PICTURES = {".gif", ".heic", ".heif", ".avif", ".jfif", ".bmp", ".tif", ".tiff"}
# What a release changed, for readers.
NOTES = "wijzigingen.txt"
LISTS = {"facts.yml", "sources.yml", "moved.yml", "words.nl.yml", "words.en.yml"}
# What editors change beside the folder of pages.
BESIDE = ("mkdocs.yml", "mkdocs.en.yml", "editorial/words.txt", "editorial/wording.yml", "editorial/newspapers.txt")
# Names that mean a device to Windows, where nobody could then open the folder.
DEVICE = r"(?!(?i:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))"
# The name of a page is its address.
FILE_NAME = re.compile(rf"{DEVICE}[a-z0-9]+(-[a-z0-9]+)*\.md")
# Addresses at which something else stands than a page: the English site, what pages load, and what the service answers.
TAKEN = {"en", "assets", "img", "search", "404", "healthz", "readyz"}
PAGE = re.compile(r"(nl|en)/[^/]*\.md")
PICTURE = re.compile(rf"(nl|en)/img/{DEVICE}[A-Za-z0-9][A-Za-z0-9_-]*({'|'.join(PICTURES)})")


@dataclass(frozen=True)
class Stray:
    """A file that belongs to no page, and what kind of stranger it is."""

    path: Path
    case: str = ""
    # The page that it is a copy of.
    slug: str = ""


@dataclass
class Contents:
    """What lies in the folder of pages. None of it has been read."""

    pages: list[Path] = field(default_factory=list)
    pictures: list[Path] = field(default_factory=list)
    strays: list[Stray] = field(default_factory=list)

    @property
    def unsafe(self) -> list[Stray]:
        """What must not even be read: it leads out of the folder, or may never end."""
        return [stray for stray in self.strays if stray.case == "link"]


def contents(docs: Path) -> Contents:
    """Sort out everything below a folder of pages, and the lists beside it; hidden files too, and no link is followed."""
    found = Contents()
    beside = (docs.parent / name for name in BESIDE)
    found.strays += [Stray(path, "link") for path in beside if path.is_symlink() or (path.exists() and not path.is_file())]
    for path in _everything(docs):
        name = path.relative_to(docs).as_posix()
        if path.is_symlink() or not path.is_file():
            found.strays.append(Stray(path, "link"))
        elif PAGE.fullmatch(name):
            found.pages.append(path)
        elif PICTURE.fullmatch(name):
            found.pictures.append(path)
        elif name not in {*LISTS, f"nl/{NOTES}", f"en/{NOTES}"}:
            found.strays.append(Stray(path, _kind(path)))
    for path in [path for path in found.pages if not FILE_NAME.fullmatch(path.name)]:
        if slug := _copied(path, {page.stem for page in found.pages if FILE_NAME.fullmatch(page.name)}):
            found.pages.remove(path)
            found.strays.append(Stray(path, "copy", slug))
    return found


def is_published(docs: Path, path: Path) -> bool:
    """Tell whether a file is one that a site is made of."""
    name = path.relative_to(docs).as_posix() if path.is_relative_to(docs) else ""
    known = PAGE.fullmatch(name) or PICTURE.fullmatch(name) or name in (f"nl/{NOTES}", f"en/{NOTES}")
    return (
        bool(known) and path.is_file() and not any(part.is_symlink() for part in (path, *path.parents[: name.count("/") + 1]))
    )


def _everything(docs: Path) -> Iterator[Path]:
    if docs.is_symlink():
        yield docs
        return
    for folder, folders, files in os.walk(docs):
        folders.sort()
        # A link to a folder counts as a file: os.walk does not follow it.
        yield from sorted(
            Path(folder, name) for name in [*files, *(name for name in folders if Path(folder, name).is_symlink())]
        )


def _copied(path: Path, slugs: set[str]) -> str:
    """The page whose name stands within this one, such as "bewijs (1)", "~$bewijs" and "bewijs_BASE_4711"; else nothing."""
    within = {slug for slug in slugs if re.search(rf"(?<![a-z0-9]){slug}(?![a-z0-9])", path.stem)}
    return max(within, key=len, default="")


def _kind(path: Path) -> str:
    ending = path.suffix.lower()
    if ending in PICTURES:
        return "place"
    return "picture" if ending in OTHER_PICTURES else ""
