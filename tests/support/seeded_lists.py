"""Mistakes beside the pages: in lists and pictures, and what programs leave behind, each with the rule that must speak."""

import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import ExifTags, Image, PngImagePlugin

FACTS, SOURCES, MENU, MENU_EN = "docs/facts.yml", "docs/sources.yml", "mkdocs.yml", "mkdocs.en.yml"
WORDS, MOVED = "docs/words.nl.yml", "docs/moved.yml"
NUMBER = "ot: 070-3738314"
NAME = "csg: Centrum Seksueel Geweld"


@dataclass(frozen=True)
class Seeded:
    """A mistake: the file that holds it, how to make it of what is there, and the rule that tells of it."""

    rule: str
    name: str
    made: Callable[[bytes], bytes]

    def put(self, root: Path) -> Callable[[], None]:
        """Make the mistake; what is returned undoes it."""
        path = root / self.name
        before = path.read_bytes() if path.exists() else None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.made(before or b""))
        return lambda: path.unlink() if before is None else bool(path.write_bytes(before)) and None


def instead(rule: str, name: str, old: str, *new: str) -> Iterator[Seeded]:
    """The same place of a file, changed in several ways."""
    for one in new:
        yield Seeded(rule, name, lambda content, one=one: _changed(content, old, one))


def _changed(content: bytes, old: str, new: str) -> bytes:
    assert old.encode() in content, old
    return content.replace(old.encode(), new.encode(), 1)


def saved(rule: str, name: str, *ways: Callable[[str], bytes]) -> Iterator[Seeded]:
    """A whole file, saved in another way."""
    for way in ways:
        yield Seeded(rule, name, lambda content, way=way: way(content.decode()))


def _with_accent(codec: str) -> Callable[[str], bytes]:
    return lambda text: f"# Privé, één, naïef\n{text}".encode(codec, "replace")


def _misread(codec: str) -> Callable[[str], bytes]:
    return lambda text: f"# Privé en ‘geheim’\n{text}".encode().decode(codec, "replace").encode()


OTHER_LETTERS = [
    _with_accent(codec) for codec in ("cp1252", "mac_roman", "cp850", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
]
OTHER_LETTERS += [_misread("cp1252"), _misread("mac_roman"), _misread("cp850")]
OTHER_LETTERS += [
    lambda text, odd=odd: f"# Zo {odd}n\n{text}".encode()
    for odd in (*"\ufffd\u200b\u202e\u2028\x0b\x92\uf0b7", "be\xadwaar", "pоlitie", "caf=C3=A9", "caf├⌐", "be\u200cwaar")
]
CONFLICTS = [
    "<<<<<<< HEAD",
    "||||||| 84a19a6",
    "=======",
    ">>>>>>> wijziging",
    "++<<<<<<< HEAD",
    "<<<<<<< .mine",
    ">>>>>>> .r42",
    "%%%%%%% Changes from base to side #1",
    "+++++++ Contents of side #2",
    "||||||||||| 84a19a6",
    "===========",
    "@@ -1,4 +1,5 @@",
    "diff --git a/docs/nl/nu.md b/docs/nl/nu.md",
]
LEFT = [
    "nl/nu.md.orig",
    "nl/nu.md.rej",
    "nl/nu.md~",
    "nl/.nu.md.swp",
    "nl/.#nu.md",
    "nl/#nu.md#",
    "nl/~$nu.md",
    "nl/nu (1).md",
    "nl/nu - kopie.md",
    "nl/Kopie van nu.md",
    "nl/nu (Jans conflicted copy 2026-11-27).md",
    "nl/nu_BASE_4711.md",
    "nl/nu_LOCAL_4711.md",
    "nl/nu_REMOTE_4711.md",
    "nl/nu.BACKUP.4711.md",
    "nl/nu.sync-conflict-20261127-101112-ABC.md",
    "nl/nu-LAPTOP-JAN.md",
    "nl/._nu.md",
    "en/later.md.tmp",
    "en/later.md.crdownload",
    "en/later.md.bak",
    "en/later.html",
    "en/Thumbs.db",
    "en/desktop.ini",
    "en/.DS_Store",
    "facts (1).yml",
    "facts.yml.orig",
    "facts.yml~",
    "nl/img/.DS_Store",
    "nl/nu.docx",
    "nl/nu.odt",
    "nl/nu.pdf",
    "nl/verslag.txt",
    "nl/nu.md.patch",
    "nl/nu.MD",
    "nl/map/nu.md",
    "Nieuwe map/nu.md",
]


def _lists() -> Iterator[Seeded]:
    numbers = (
        "070-373831",
        "070-37383144",
        "112 070-3738314",
        "０７０-３７３８３１４",
        "070–3738314",
        "070\u20113738314",
        "0x12",
        "1e3",
        "12:30",
        "~",
        "no",
        "ja",
        "0b11",
        "0o17",
        "1_000",
        ".inf",
        "+31 70 373831",
        "tel:070-3738314",
        "070/3738314",
        "0900-88445",
        "0800-123456",
        "null",
        "2026-11-27",
        "070-373--8314",
        "0031 70 3738314",
        "",
    )
    yield from (one for one in instead("fact", FACTS, NUMBER, *(f"ot: {number}" for number in numbers)))
    yield from instead("fact", FACTS, NUMBER, f"{NUMBER}\n      070-3738315", "ot: >\n      bel\n      ons")
    yield from instead(
        "fact",
        FACTS,
        NAME,
        "csg: '**CSG**'",
        "csg: '[CSG](x)'",
        "csg: CSG_",
        "csg: ''",
        "csg: '-'",
        "csg: '`CSG`'",
        "csg: {nl: CSG, en: ''}",
    )
    addresses = (
        "no",
        "naam@",
        "<naam@minbzk.nl>",
        "naam.@minbzk.nl",
        "naam@minbzk.n1",
        "naam@-minbzk.nl",
        "naam@1.2.3.4",
        "naam@xn--b.nl",
    )
    yield from instead("fact", FACTS, "bzk: politiekeambtsdragers@minbzk.nl", *(f"bzk: {address}" for address in addresses))
    yield from instead(
        "settings",
        FACTS,
        NUMBER,
        f"{NUMBER} #2",
        f"{NUMBER}\n    ot: 070-3738315",
        "ot: &ot 070-3738314",
        "ot: !!int 0703738314",
        'ot: "070-373\\x38314"',
        "ot: !tel 070-3738314",
        "ot: *alarm",
        "ot 070-3738314",
        "ot:070-3738314",
        "\tot: 070-3738314",
        "ot: [070-3738314]",
        "ot: {nl: 070-3738314}",
        "ot: '070-3738314",
        "ot: 070-3738314'\n    x: '",
        "<<: {ot: 070-3738314}",
        "- ot: 070-3738314",
        "? ot\n    : [a]",
        "ot: @070",
        "ot: [070-3738314](tel:070)",
    )
    yield from instead(
        "settings",
        FACTS,
        NAME,
        "csg: Centrum #1",
        "csg: Centrum # een",
        f"{NAME}\n    csg: Iets anders",
        'csg: "Centrum\\nGeweld"',
    )
    yield from instead(
        "settings",
        SOURCES,
        'seed: {title: "',
        'seed: {title: "\\u0041',
        'seed: {title: &a "',
        'seed: {titel: "',
        'seed: !x {title: "',
    )
    days = ("2019-13-03", "2019-04-31", "03-04-2019", "april 2019", "19", "", "2119-04-03", "2019-4-3")
    yield from instead("settings", SOURCES, 'date: "2019-04-03"', *(f'date: "{day}"' for day in days))
    yield from instead(
        "settings",
        SOURCES,
        'url: "https://www.rijksoverheid.nl/',
        *(
            f'url: "{odd}'
            for odd in ("https://hulp.example/", "https://x.nl/?url=https%3A%2F%2F", "https://x.nl/?u=https://y.nl/")
        ),
    )
    yield from instead("settings", SOURCES, 'publisher: "Rijksoverheid"', 'publisher: ""', 'publisher: "Rijks *overheid*"')
    yield from instead(
        "settings", SOURCES, "\nS01: {", "\nS 01: {", "\nS03: {", "\nS01: {title: dubbel, ", "\nS01 {", "\nS01: ["
    )
    yield from instead(
        "settings", MENU, "menu: Menu", "menu: Menu\n    menu: Keuze", "menu: Menu #1", "menu: !ENV MENU", 'menu: "Me\\tnu"'
    )
    yield from instead(
        "settings",
        MENU,
        "  - Startpagina: index.md",
        '  - "**Start**": index.md',
        '  - "{{ naam.ot }}": index.md',
        "  - [Start](index.md)",
        "  - Start: index",
        "  - Start: [index.md",
        "  -Start: index.md",
        "  - '': index.md",
        "  - Start: index.md\n    Nog een: index.md",
        "  - {Start: index.md, Nu: nu.md}",
    )
    yield from instead(
        "settings",
        MENU,
        "menu: Menu",
        "menu: Me*nu*",
        "menu: '[Menu](x)'",
        "menu:",
        "menu: '  '",
        "menu: Me&nbsp;nu",
        "Menu: Menu",
        "menu: Caf%C3%A9",
    )
    yield from instead("unknown-key", MENU, "menu: Menu", "menu: '{{ naam.otje }}'", "menu: Bel {{ tel.oto }}")
    # A key that is itself a list or a table.
    for name in (FACTS, SOURCES, MENU, WORDS):
        for key in ("[a, b]", "{a: b}"):
            yield from saved("settings", name, lambda text, key=key: f"{text}\n? {key}\n: x\n".encode())
    yield from instead("settings", MENU, "[januari, ", "[", "[januari, januari, ", "['', ", "[januari en ")
    yield from instead("settings", MENU, 'search_many: "# pagina’s gevonden"', 'search_many: "#"', 'search_many: "## gevonden"')
    yield from instead("settings", MENU, 'search_many: "# ', 'search_many: # "', 'search_many: "')
    yield from instead(
        "settings", SOURCES, 'seed: {title: "', *(f'seed: {{title: "{odd}' for odd in ("**Wet** ", "[x](y) ", "&eacute;"))
    )
    yield from instead("fact", FACTS, NAME, "csg: Caf&eacute;", "csg: R&amp;D")
    yield from instead(
        "encoding", FACTS, NAME, *(f"csg: {odd}" for odd in ("Ge?nformeerd", "CafÚ", "Caf\\xe9", "Caf%u00E9", "Cafu00e9"))
    )
    yield from instead("settings", MENU_EN, "site_name: ", "site_name: '**Help**' #", "site_name: Help\nsite_name: ", "x: ")
    yield from instead("everyday-words", WORDS, "pages: nu", "pages: nou", "pages: nu.md")
    yield from instead("settings", WORDS, "call: alarm", "call: alarm\n    call: zelfdoding", "call: alarm #1", "roep: alarm")
    yield Seeded("settings", MOVED, lambda _: b"oud: Nieuw adres\n")
    yield Seeded("settings", MOVED, lambda _: b"oud: nu\noud: later\n")
    yield from (
        Seeded("settings", MOVED, lambda _, old=old: f"{old}: nu\n".encode())
        for old in ("../weg", "/etc/weg", "Oud adres", "a/b")
    )
    yield from (
        Seeded("dead-link", MOVED, lambda _, old=old: f"{old}: nu\n".encode()) for old in ("nu", "en", "assets", "search")
    )
    yield Seeded("dead-link", MOVED, lambda _: b"oud: verdwenen\n")
    yield from (
        Seeded("file-name", f"docs/nl/{name}.md", lambda _: PAGE) for name in ("en", "assets", "404", "con", "aux", "lpt1")
    )
    yield from instead("typed-phone", MENU, "menu: Menu", "menu: Bel 0900–8844", "menu: Bel 0900 8844")
    yield from instead("settings", SOURCES, 'url: "https://', 'url: "https://localhost/', 'url: "https://xn--plitie-6fg.nl/')
    for name in (FACTS, SOURCES, MENU, MENU_EN, WORDS, "docs/nl/wijzigingen.txt", "editorial/words.txt"):
        yield from saved("encoding", name, *OTHER_LETTERS)
        yield from saved("merge-conflict", name, *(lambda text, mark=mark: f"{text}\n{mark}\n".encode() for mark in CONFLICTS))
    yield from instead("merge-conflict", WORDS, "      gevaar,", "=======\n      gevaar,")


def _left() -> Iterator[Seeded]:
    for name in LEFT:
        yield Seeded("stray-file", f"docs/{name}", lambda _: b"Een naam en een adres.")


PAGE = b"---\ntitle: Proef\n---\n# Proef\n"
PICTURE = Image.effect_mandelbrot((60, 40), (-2, -1.5, 1, 1.5), 20).convert("RGB")
PLACE = {1: "N", 2: (52.0, 22.0, 30.0), 3: "E", 4: (4.0, 53.0, 40.0)}
XMP = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description {}/></x:xmpmeta>'
XMP_PLACES = [
    XMP.format(one)
    for one in ('exif:GPSLatitude="52,22.5N"', 'photoshop:City="Ons Dorp"', 'Iptc4xmpCore:Location="Kerkstraat 1"')
]


def picture(kind: str = "JPEG", **told: object) -> bytes:
    """A small picture with what is told to its writer."""
    content = io.BytesIO()
    PICTURE.save(content, kind, **told)
    return content.getvalue()


def _of_size(width: int, height: int) -> bytes:
    content = io.BytesIO()
    Image.new("1", (width, height)).save(content, "PNG")
    return content.getvalue()


def exif(**told: object) -> Image.Exif:
    """What a camera writes: a place, words, or neither."""
    block = Image.Exif()
    block[ExifTags.Base.Make] = "Camera"
    block[ExifTags.Base.Orientation] = 1
    if told.pop("place", False):
        block.get_ifd(ExifTags.IFD.GPSInfo).update(PLACE)
    for name, value in told.items():
        block[getattr(ExifTags.Base, name)] = value
    return block


def _iptc(number: int, words: bytes) -> bytes:
    record = bytes([0x1C, 2, number, *len(words).to_bytes(2, "big")]) + words
    block = b"8BIM\x04\x04\0\0" + len(record).to_bytes(4, "big") + record + bytes(len(record) % 2)
    return _behind_the_start(b"\xed", b"Photoshop 3.0\0" + block)


def _behind_the_start(mark: bytes, block: bytes) -> bytes:
    content = picture()
    return content[:2] + b"\xff" + mark + (len(block) + 2).to_bytes(2, "big") + block + content[2:]


def _png(**texts: str) -> bytes:
    info = PngImagePlugin.PngInfo()
    for name, text in texts.items():
        info.add_text(name.replace("_", " "), text, zip=len(text) > 60)
    return picture("PNG", pnginfo=info)


def _with_part(kind: bytes, said: bytes) -> bytes:
    content, part = picture("PNG"), kind + said
    return content[:33] + len(said).to_bytes(4, "big") + part + zlib.crc32(part).to_bytes(4, "big") + content[33:]


def _raw_profile(block: bytes) -> str:
    return f"\nexif\n{len(block):8}\n{block.hex()}\n"


def _pictures() -> Iterator[Seeded]:
    located, place = exif(place=True), "image-location"
    told = {
        "foto.jpg": [
            picture(exif=located),
            picture("PNG", exif=located),
            _iptc(90, b"Ons Dorp"),
            _iptc(92, b"Kerkstraat"),
            _iptc(101, b"Nederland"),
            _iptc(120, b"De voordeur van Jan"),
            picture(comment=b"Thuis bij Jan"),
            picture(exif=exif(ImageDescription="Thuis")),
            picture(exif=exif(Artist="Jan")),
            picture(exif=exif(BodySerialNumber="0123456")),
            picture(exif=exif(XPComment="Thuis".encode("utf-16-le"))),
            *(picture(xmp=one.encode()) for one in XMP_PLACES),
            picture() + b"een film met com.apple.quicktime.location",
            picture() + picture(exif=located),
            picture() + b"PK\3\4 een ander bestand",
        ],
        "foto.png": [
            picture("PNG", exif=located),
            _png(Comment="Thuis"),
            _png(Author="Jan"),
            _with_part(b"prVt", b"Jan, Kerkstraat 1"),
            _png(Title="De voordeur van Jan, Kerkstraat 1"),
            _png(Raw_profile_type_exif=_raw_profile(located.tobytes())),
            picture("PNG") + b"een ander bestand",
            *(_png(**{"XML:com.adobe.xmp": one}) for one in XMP_PLACES),
        ],
        "foto.webp": [
            picture("WEBP", exif=located),
            *(picture("WEBP", xmp=one.encode()) for one in XMP_PLACES),
            picture("WEBP") + b"meer",
        ],
        "foto.jfif": [picture(exif=located)],
        "foto.svg": [SVG.format("<!-- Kerkstraat 1, bij Jan -->"), SVG.format("<g><!--Voordeur--></g>")],
        "foto van de deur.jpg": [picture(exif=located)],
    }
    yield from (
        Seeded(place, f"docs/nl/img/{name}", lambda _, one=one: one if isinstance(one, bytes) else one.encode())
        for name, many in told.items()
        for one in many
    )
    yield from _other_kinds()


SVG = '<svg xmlns="http://www.w3.org/2000/svg">{}</svg>'


def _other_kinds() -> Iterator[Seeded]:
    drawing = "docs/nl/img/foto.svg"
    for number in ("0900-8844", "0900 8844", "070 373 83 14"):
        yield Seeded("typed-phone", drawing, lambda _, number=number: SVG.format(f"<text>Bel {number}</text>").encode())
    yield Seeded("encoding", drawing, lambda _: SVG.format("<text>Bel \u202e8844</text>").encode())
    yield Seeded("encoding", drawing, lambda _: SVG.format("<text>Bel &#x202e;8844</text>").encode())
    yield Seeded("encoding", drawing, lambda _: SVG.format("<text>één</text>").encode("utf-16"))
    yield Seeded("merge-conflict", drawing, lambda _: SVG.format("\n||||||| 84a19a6\n").encode())
    yield Seeded("image-size", "docs/nl/img/foto.png", lambda _: _of_size(10, 9000))
    yield Seeded("image-size", "docs/nl/img/foto.png", lambda _: _of_size(9000, 10))
    several = io.BytesIO()
    PICTURE.save(several, "WEBP", save_all=True, append_images=[PICTURE.rotate(90)])
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)
    kinds = {
        "foto.jpg": [
            picture("PNG"),
            picture("WEBP"),
            picture("GIF"),
            picture("BMP"),
            picture("TIFF"),
            heic,
            picture()[:300],
            b"",
            b"%PDF-1.7",
        ],
        "foto.png": [picture(), picture("WEBP"), picture("GIF"), picture("PNG")[:90], b"<svg/>"],
        "foto.webp": [picture(), picture("PNG"), several.getvalue(), picture("WEBP")[:60]],
        "foto.svg": [picture("PNG"), b"geen tekening"],
    }
    yield from (
        Seeded("picture-kind", f"docs/nl/img/{name}", lambda _, one=one: one) for name, many in kinds.items() for one in many
    )
    for name in (
        "foto.jfif",
        "foto.heic",
        "foto.gif",
        "foto.avif",
        "foto.bmp",
        "foto.tif",
        "foto.JPG",
        "Foto (1).jpg",
        "foto.jpg.orig",
        "été.jpg",
        "foto.php.jpg",
        "con.png",
        "CON.jpg",
    ):
        yield Seeded("stray-file", f"docs/nl/img/{name}", lambda _: picture())


SEEDED = [*_lists(), *_left(), *_pictures()]
# What is in order, and must give no alarm.
FINE = {
    "a photo without a place": ("docs/nl/img/foto.jpg", lambda _: picture(exif=exif())),
    "a picture with technical words": ("docs/nl/img/foto.png", lambda _: _png(Software="een tekenprogramma")),
    "a drawing that names its program": (
        "docs/nl/img/foto.svg",
        lambda _: SVG.format("<!-- Created with Tekenaar 1.2 -->").encode(),
    ),
    "a picture of a phone": ("docs/nl/img/IMG_1234.jpg", lambda _: picture()),
    "a number that never changes in a menu": (MENU, lambda content: _changed(content, "Startpagina", "Bel 112")),
    "a number that never changes in a drawing": ("docs/nl/img/foto.svg", lambda _: SVG.format("<text>Bel 112</text>").encode()),
    "an old address": (MOVED, lambda _: b"oud-adres: nu\n"),
    "an address of a ministry": (
        FACTS,
        lambda content: _changed(content, "politiekeambtsdragers@minbzk.nl", "a.b-c+d@mail.minbzk.nl"),
    ),
    "a small picture for the web": ("docs/nl/img/foto.webp", lambda _: picture("WEBP")),
    "facts with the line ends of Windows": (FACTS, lambda content: content.replace(b"\n", b"\r\n")),
    "facts with the line ends of an old Mac": (FACTS, lambda content: content.replace(b"\n", b"\r")),
    "a menu with a byte order mark": (MENU, lambda content: b"\xef\xbb\xbf" + content),
    "words before a number without the space at their end": (
        MENU,
        lambda content: _changed(content, 'call: "Bel "', "call: Bel"),
    ),
    "questions and addresses": (
        SOURCES,
        lambda content: (
            content + "# Wat nu? Zo: https://www.politie.nl/zoek?query=x=E9&y=. De heer D’Été zei: ‚nee’.\n".encode()
        ),
    ),
    "letters of other languages": (
        FACTS,
        lambda content: content + "# Ångström, Łódź, Škoda, naïef, ‘één’ – €5 … Ý\n".encode(),
    ),
}
