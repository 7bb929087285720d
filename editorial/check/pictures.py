"""Rules on picture files: what they say they are, small enough for a phone, and silent about where and by whom they were made.

A file is judged by what is in it, whatever its name says.
"""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from PIL import ExifTags, Image, ImageFile, IptcImagePlugin, PngImagePlugin

from editorial.check.drawing import remarks, strange
from editorial.desk.problem import Finding

MOST_BYTES, MOST_PIXELS_WIDE, MOST_PIXELS_HIGH = 300_000, 1200, 2400
# More would fill the memory of whoever unpacks it.
MOST_PIXELS = 50_000_000
KINDS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
# The places where a camera or a program writes down a place: as numbers, or in words (IPTC 2:26, 27, 90 to 101; XMP).
PLACES_IN_WORDS = {(2, number) for number in (26, 27, 90, 92, 95, 100, 101)}
PLACES = re.compile(
    rb"GPS(?:Latitude|Longitude|Dest|Area|Position|Coordinates)|exif:GPS|photoshop:(?:City|State|Country)"
    rb"|Iptc4xmp(?:Core|Ext):(?:Location|City|Country|Sublocation|ProvinceState|WorldRegion)|geo:lat|\xa9xyz|com\.apple\.quicktime\.location"
)
# What a picture may say in words: how it was made and how to show it.
TECHNICAL = {"software", "date:create", "date:modify", "date:timestamp", "creation time", "dpi", "gamma", "aspect", "interlace"}
WORDS = {
    ExifTags.Base.ImageDescription, ExifTags.Base.Artist, ExifTags.Base.Copyright, ExifTags.Base.UserComment,
    ExifTags.Base.XPTitle, ExifTags.Base.XPComment, ExifTags.Base.XPAuthor, ExifTags.Base.XPKeywords, ExifTags.Base.XPSubject,
    ExifTags.Base.BodySerialNumber, ExifTags.Base.LensSerialNumber, ExifTags.Base.CameraSerialNumber,
    ExifTags.Base.CameraOwnerName, ExifTags.Base.DocumentName, ExifTags.Base.HostComputer,
}  # fmt: skip
# In an XMP block: titles, descriptions, makers and comments in words.
XMP_WORDS = re.compile(
    rb"<(?:dc:(?:title|description|creator|subject|rights)|photoshop:(?:Headline|Instructions|AuthorsPosition|Credit)"
    rb"|exif:UserComment|mwg-rs:Name|MP:RegionPersonDisplayName)\b[^>]*>\s*(?:<[^>]*>\s*)*([^<\s][^<]*)"
)
PNG_PARTS = {
    "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "cHRM", "gAMA", "iCCP", "sBIT", "sRGB", "cICP", "mDCV", "cLLI", "bKGD", "hIST",
    "pHYs", "sPLT", "tIME", "tEXt", "zTXt", "iTXt", "eXIf",
}  # fmt: skip
# What may follow the last byte of a picture: nothing but what fills up.
PNG_END, JPEG_END = b"IEND\xaeB`\x82", b"\xff\xd9"
FILLING = re.compile(rb"[\0\s\xff]*")


def picture_kind(path: Path) -> Iterator[Finding]:
    """A picture is what its name says, can be shown whole, and a drawing holds nothing but shapes and words."""
    if path.suffix == ".svg":
        if found := strange(path.read_bytes()):
            yield Finding(1, {"text": ", ".join(dict.fromkeys(found))[:60]}, "drawing")
    elif _kind(path.read_bytes()) != KINDS[path.suffix]:
        yield Finding(1, {"kind": path.suffix.removeprefix(".")})


def image_size(path: Path) -> Iterator[Finding]:
    """A picture must load on a bad connection."""
    content = path.read_bytes()
    size, picture = len(content), _whole(content)
    if size > MOST_BYTES:
        yield Finding(1, {"size": f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size // 1000} kB"})
    elif picture and (picture.width > MOST_PIXELS_WIDE or picture.height > MOST_PIXELS_HIGH):
        yield Finding(1, {"size": f"{picture.width}×{picture.height}"})


def image_location(path: Path) -> Iterator[Finding]:
    """A photo taken at home must not tell where home is, nor whose."""
    content = path.read_bytes()
    if path.suffix == ".svg":
        yield from (Finding(1, {"text": said[:60]}, "words") for said in remarks(content)[:1])
        return
    picture = _whole(content)
    if PLACES.search(content) or _has_gps(content) or (picture and _tells_place(picture)):
        yield Finding(1)
    elif picture and (words := next(filter(None, _words(picture, content)), "")):
        yield Finding(1, {"text": words[:60]}, "words")


def _whole(content: bytes) -> ImageFile.ImageFile | None:
    """The picture in these bytes, of one of the kinds that a page may have, if a browser would show all of it."""
    # A drawing is none of these, and to see that by trying each takes long.
    if content[:1] == b"<":
        return None
    with suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        picture = Image.open(io.BytesIO(content), formats=sorted({*KINDS.values()}))
        if picture.width * picture.height <= MOST_PIXELS:
            picture.load()
            return picture
    return None


def _kind(content: bytes) -> str:
    picture = _whole(content)
    # A second picture in the file has data of its own, and a phone puts a film there.
    return str(picture.format) if picture and getattr(picture, "n_frames", 1) == 1 else ""


def _tells_place(picture: ImageFile.ImageFile) -> bool:
    with suppress(Exception):
        exif = picture.getexif()
        if exif.get_ifd(ExifTags.IFD.GPSInfo) or ExifTags.IFD.GPSInfo in exif.get_ifd(ExifTags.IFD.Exif):
            return True
    texts = "\n".join(str(text) for text in getattr(picture, "text", {}).values()).encode()
    if PLACES.search(_xmp(picture)) or PLACES.search(texts):
        return True
    with suppress(Exception):
        return bool(PLACES_IN_WORDS & (IptcImagePlugin.getiptcinfo(picture) or {}).keys())
    return False


def _words(picture: ImageFile.ImageFile, content: bytes) -> Iterator[str]:
    """Everything that somebody wrote into the picture and no reader sees."""
    # What is broken has no words; that it is no picture, another rule tells.
    with suppress(Exception):
        exif = picture.getexif()
        for block in (exif, exif.get_ifd(ExifTags.IFD.Exif)):
            yield from (_legible(block[tag]) for tag in WORDS & set(block))
    yield from (_legible(match[1]) for match in XMP_WORDS.finditer(_xmp(picture)))
    yield _legible(picture.info.get("comment", ""))
    with suppress(Exception):
        yield from (_legible(value) for value in (IptcImagePlugin.getiptcinfo(picture) or {}).values())
    if isinstance(picture, PngImagePlugin.PngImageFile):
        # "Raw profile" is how older programs keep Exif and IPTC: looked into above, and no words.
        kept = ((name, text) for name, text in picture.text.items() if not name.startswith(("Raw profile", "XML:com.adobe")))
        yield from (f"{name}: {text}" for name, text in kept if name.lower() not in TECHNICAL and str(text).strip())
    yield from _unknown_parts(content)
    yield from _behind(content, str(picture.format))


def _unknown_parts(content: bytes) -> Iterator[str]:
    """Parts that no browser needs in order to show a PNG, and that may say anything."""
    place = 8
    while content.startswith(b"\x89PNG") and place + 8 <= len(content):
        size, kind = int.from_bytes(content[place : place + 4], "big"), content[place + 4 : place + 8].decode("latin-1")
        if kind not in PNG_PARTS:
            yield f"{kind}: {_legible(content[place + 8 : place + 8 + min(size, 200)])}"
        place += size + 12


def _behind(content: bytes, kind: str) -> Iterator[str]:
    """What stands behind the end of the picture: a film, another picture, or a whole other file."""
    if kind == "WEBP":
        end = 8 + int.from_bytes(content[4:8], "little")
    elif kind == "PNG":
        end = content.find(PNG_END) + len(PNG_END)
    else:
        end = content.find(JPEG_END, _first_scan(content)) + len(JPEG_END)
    if not FILLING.fullmatch(content[end:]):
        yield f"{len(content) - end} bytes"


def _first_scan(content: bytes) -> int:
    """Where the picture itself begins in a JPEG: what stands before it may hold a small picture, with an end of its own."""
    place = 2
    while content[place : place + 1] == b"\xff" and content[place + 1 : place + 2] not in (b"\xda", b""):
        place += 2 + max(2, int.from_bytes(content[place + 2 : place + 4], "big"))
    return place


def _legible(value: object) -> str:
    if isinstance(value, bytes):
        wide = value.count(0) > len(value) // 3
        value = (
            value.removeprefix(b"ASCII\0\0\0").removeprefix(b"UNICODE\0").decode("utf-16-le" if wide else "utf-8", "replace")
        )
    return re.sub(r"[\0\s]+", " ", value).strip() if isinstance(value, str) else ""


def _xmp(picture: ImageFile.ImageFile) -> bytes:
    found = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp") or b""
    return found if isinstance(found, bytes) else str(found).encode()


def _has_gps(content: bytes) -> bool:
    """Look for the place in every Exif block, wherever it stands: in a thumbnail, a second picture, or behind the end."""
    for mark in re.finditer(rb"Exif\0\0|eXIf|EXIF....", content, re.DOTALL):
        block = Image.Exif()
        with suppress(Exception):
            block.load(b"Exif\0\0" + content[mark.end() : mark.end() + 65536])
            if ExifTags.IFD.GPSInfo in block:
                return True
    return False
