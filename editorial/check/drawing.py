"""Looks into a drawing (SVG), which can carry programs and fetch things: shapes and words are all that it may hold."""

import re
from collections.abc import Iterator
from functools import lru_cache
from xml.parsers import expat

SVG, XML = "http://www.w3.org/2000/svg", "http://www.w3.org/XML/1998/namespace"
ELEMENTS = {
    "svg", "g", "defs", "title", "desc", "style", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text",
    "tspan", "marker", "linearGradient", "radialGradient", "stop", "clipPath", "mask",
}  # fmt: skip
ATTRIBUTE_NAMES = """
    id class style role lang version viewBox preserveAspectRatio width height x y x1 y1 x2 y2 cx cy r rx ry fx
    fy dx dy d points transform rotate textLength lengthAdjust pathLength offset gradientUnits gradientTransform
    spreadMethod clipPathUnits maskUnits maskContentUnits markerUnits markerWidth markerHeight refX refY orient
    focusable aria-hidden aria-label aria-labelledby aria-describedby fill fill-opacity fill-rule stroke
    stroke-width stroke-opacity stroke-linecap stroke-linejoin stroke-miterlimit stroke-dasharray
    stroke-dashoffset stop-color stop-opacity opacity color display visibility overflow clip-path clip-rule mask
    marker-start marker-mid marker-end paint-order vector-effect shape-rendering text-rendering font-family
    font-size font-style font-weight font-variant letter-spacing word-spacing text-anchor text-decoration
    dominant-baseline alignment-baseline baseline-shift writing-mode direction unicode-bidi
"""
ATTRIBUTES = set(ATTRIBUTE_NAMES.split())
# Browsers draw what stands deeper than that slowly or not at all.
DEEPEST = 100
# In styles and values: functions that only count, colour or move, and a link to a part of the same drawing.
FUNCTION = re.compile(r"([\w-]+)\(\s*([^)]*)")
HARMLESS_NAMES = "rgb rgba hsl hsla calc var translate translateX translateY rotate scale scaleX scaleY matrix skewX skewY"
HARMLESS = set(HARMLESS_NAMES.split())
# What a drawing program says of itself.
OF_A_PROGRAM = re.compile(r"(?:created|generated|exported|made|drawn) (?:with|by|in|using)\b|generator\b", re.IGNORECASE)
ODD_STYLE = re.compile(r"\\|<|@(?!media\b)", re.IGNORECASE)


def strange(content: bytes) -> list[str]:
    """What does not belong in a drawing, as it stands there; a file that is no drawing at all is strange as a whole."""
    return _judged(content).found


def remarks(content: bytes) -> list[str]:
    """What somebody wrote into a drawing and no reader sees, but for the name of a program."""
    return [said for remark in _judged(content).remarks if (said := " ".join(remark.split())) and not OF_A_PROGRAM.match(said)]


def words(content: bytes) -> str:
    """What a reader reads in a drawing."""
    return "".join(_judged(content).words)


@lru_cache(maxsize=64)
def _judged(content: bytes) -> "_Judge":
    judge = _Judge()
    try:
        judge.parser.Parse(content, True)
    # The others when it names an encoding that nobody knows.
    except (expat.ExpatError, ValueError, LookupError):
        judge.found.append("…")
    return judge


class _Judge:
    def __init__(self) -> None:
        self.found: list[str] = []
        self.remarks: list[str] = []
        self.words: list[str] = []
        self._style = ""
        self._in_style = False
        self._depth = 0
        # With names as `namespace name`; without a word about entities, since the declaration that holds them is refused.
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartDoctypeDeclHandler = lambda *_: self._stop("<!DOCTYPE>")
        self.parser.ProcessingInstructionHandler = lambda target, _: self.found.append(f"<?{target}?>")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.CommentHandler = self.remarks.append

    def _stop(self, what: str) -> None:
        self.found.append(what)
        raise expat.ExpatError(what)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        self._depth += 1
        if self._depth > DEEPEST:
            self._stop(f"<{local}>" * 3)
        if space != SVG or local not in ELEMENTS:
            self.found.append(f"<{local}>")
        self._in_style = local == "style"
        for full, value in attributes.items():
            if full not in ATTRIBUTES and full not in (f"{XML} lang", f"{XML} space"):
                self.found.append(f"{full.rpartition(' ')[2]}=")
            else:
                self.found += _strange_style(value)

    def _end(self, _: str) -> None:
        self._depth -= 1
        if self._in_style:
            self.found += _strange_style(self._style)
        self._in_style, self._style = False, ""

    def _text(self, data: str) -> None:
        # It comes in pieces.
        self._style += data if self._in_style else ""
        self.words.append("" if self._in_style else data)


def _strange_style(text: str) -> Iterator[str]:
    yield from (match[0] for match in ODD_STYLE.finditer(text))
    for name, inside in FUNCTION.findall(text):
        if name not in HARMLESS and not (name == "url" and re.fullmatch(r"#[\w-]+\s*", inside)):
            yield f"{name}({inside[:20]})"
