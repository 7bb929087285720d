"""Rules on picture files: what they say they are, small enough for a phone, and silent about where they were taken."""

import re
import struct
from collections.abc import Iterator
from pathlib import Path

from editorial.check.drawing import strange
from editorial.desk.problem import Finding

MOST_BYTES = 300_000
GPS_TAG = 0x8825


# How a file of each kind begins.
BEGINNINGS = {
    ".png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    ".jpg": re.compile(rb"\xff\xd8\xff"),
    ".jpeg": re.compile(rb"\xff\xd8\xff"),
    ".webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
}


def picture_kind(path: Path) -> Iterator[Finding]:
    """A picture is what its name says, and a drawing holds nothing but shapes and words."""
    content = path.read_bytes()
    if path.suffix == ".svg":
        if found := strange(content):
            yield Finding(1, {"text": ", ".join(dict.fromkeys(found))[:60]}, "drawing")
    elif not BEGINNINGS[path.suffix].match(content):
        yield Finding(1, {"kind": path.suffix.removeprefix(".")})


def image_size(path: Path) -> Iterator[Finding]:
    """A picture must load on a bad connection."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        yield Finding(1, {"size": f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size // 1000} kB"})


def image_location(path: Path) -> Iterator[Finding]:
    """A photo taken at home must not tell where home is."""
    content = path.read_bytes()
    if _has_gps(content) or re.search(rb"exif:GPS|GPSLatitude", content):
        yield Finding(1)


def _has_gps(content: bytes) -> bool:
    """Look for the GPS entry in the first directory of an EXIF block, wherever the block stands (JPEG, PNG, WebP)."""
    for mark in re.finditer(rb"Exif\0\0|eXIf|EXIF....", content, re.DOTALL):
        block = content[mark.end() : mark.end() + 65536]
        order = {b"II": "<", b"MM": ">"}.get(block[:2])
        if order and len(block) > 10 and GPS_TAG in _tags(block, order):
            return True
    return False


def _tags(block: bytes, order: str) -> set[int]:
    try:
        (start,) = struct.unpack_from(f"{order}I", block, 4)
        (count,) = struct.unpack_from(f"{order}H", block, start)
        return {struct.unpack_from(f"{order}H", block, start + 2 + 12 * entry)[0] for entry in range(count)}
    except struct.error:
        return set()
