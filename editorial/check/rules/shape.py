"""Rules on how a page is built: its front matter, headings, pictures and marks."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from editorial.check.rules.facts import nearest
from editorial.check.wording import unfinished as left_to_do
from editorial.desk.desk import Desk
from editorial.desk.outline import CODE
from editorial.desk.page import KNOWN, LINK, REQUIRED, TEMPLATES, Page, plain
from editorial.desk.problem import Finding
from editorial.desk.shared import named

SOON, LATEST = timedelta(days=30), timedelta(days=731)
TAG = re.compile(r"</?([a-zA-Z][\w:-]*)(?:\s[^<>]*|/)?>?|<!--.*?(?:-->|$)|<!\[|\bstyle\s*=|\bon\w+\s*=\s*[\"']", re.IGNORECASE)
AUTOLINK = re.compile(r"<(?:https?:|mailto:)[^>]*>|<[\w.+-]+@[\w.-]+>")
# Words that somebody may fill in, unless a browser knows them.
TO_FILL_IN = re.compile(r"<([^\W\d_]{2,}(?: [^\W\d_]+)*)>")
WORD = re.compile(r"\bmso-|class=\"?Mso|</?[ow]:|StartFragment", re.IGNORECASE)
# Without any of these in small letters, nothing of it can stand there.
MAYBE_HTML = ("<", "=", "mso-", "startfragment")
ELEMENT_NAMES = """
    abbr address area article aside audio base bdi bdo big blockquote body br button canvas caption center cite code col data
    datalist dd del details dfn dialog div dl dt em embed fieldset figcaption figure font footer form frame frameset head header
    hgroup hr html iframe img input ins kbd label legend li link main map mark marquee menu meta meter nav noscript object ol
    optgroup option output param picture pre progress script search section select slot small source span strike strong style
    sub summary sup svg table tbody td template textarea tfoot th thead time title tr track tt ul var video wbr
"""
ELEMENTS = set(ELEMENT_NAMES.split())
CURLY = "‘’“”„‟‚"
ANY_CURLY, BEGINS_CURLY = re.compile(f"[{CURLY}]"), re.compile(rf"\s*[\w-]*:?\s*-?\s*([{CURLY}].*)")


def front_matter_key(page: Page, desk: Desk) -> Iterator[Finding]:
    """What the template, the search and the worklist need of every page."""
    for key in REQUIRED:
        if page.meta.get(key) in (None, "", []):
            yield Finding(page.meta_line(key), {"key": key})
    for key, value in page.meta.items():
        if key not in KNOWN or (key == "template" and TEMPLATES.get(str(value)) != page.slug):
            yield Finding(page.meta_line(str(key)), {"key": key, "near": nearest(str(key), KNOWN)}, "unknown")
    yield from _listed(page, desk)
    dutch = desk.twin(page) if page.language == "en" else None
    for key in ("reviewed", "review_by", "sources", "related", "template"):
        if dutch and dutch.meta.get(key) != page.meta.get(key):
            yield Finding(page.meta_line(key), {"key": key}, "differs")


def _listed(page: Page, desk: Desk) -> Iterator[Finding]:
    """What lists name is there, and once."""
    slugs = desk.slugs[page.language]
    for slug in page.meta.get("related") or ():
        if slug not in slugs or slug == page.slug:
            yield Finding(page.meta_line("related"), {"slug": slug, "near": nearest(str(slug), slugs - {page.slug})}, "related")
    for key in ("sources", "related"):
        for slug, times in Counter(page.meta.get(key) or ()).items():
            if times > 1:
                yield Finding(page.meta_line(key), {"key": key, "slug": slug}, "again")


def description(page: Page, desk: Desk) -> Iterator[Finding]:
    """One sentence that a search engine shows whole."""
    text = named(str(page.meta.get("description") or ""), desk.written[page.language])
    if text and not 20 <= len(text) <= 155:
        yield Finding(page.meta_line("description"), {"length": len(text)})


def review_overdue(page: Page, desk: Desk) -> Iterator[Finding]:
    """A page that nobody looked at in time cannot be trusted."""
    for key in ("reviewed", "review_by"):
        if page.meta.get(key) and not isinstance(page.meta[key], date):
            yield Finding(page.meta_line(key), {"key": key}, "date")
    last, due = page.meta.get("reviewed"), page.meta.get("review_by")
    # Not the day of the build alone: an older one can be built on any day. One day more, since days begin earlier elsewhere.
    if isinstance(last, date) and last > max(desk.today, date.today()) + timedelta(days=1):  # noqa: DTZ011 - an editor's day
        yield Finding(page.meta_line("reviewed"), {"day": last}, "future")
    if isinstance(due, date) and due < desk.today:
        yield Finding(page.meta_line("review_by"), {"day": due, "slug": page.slug})
    elif isinstance(last, date) and isinstance(due, date) and not last < due <= last + LATEST:
        yield Finding(page.meta_line("review_by"), {"day": due}, "order")


def review_soon(page: Page, desk: Desk) -> Iterator[Finding]:
    """A review within a month is work to plan."""
    due = page.meta.get("review_by")
    if isinstance(due, date) and desk.today <= due <= desk.today + SOON:
        yield Finding(page.meta_line("review_by"), {"day": due})


def open_points(page: Page, desk: Desk) -> Iterator[Finding]:
    """What a page rests on and nobody has verified yet; both twins list the same."""
    if page.language == "nl" and (points := page.meta.get("verify")):
        yield Finding(page.meta_line("verify"), {"count": len(points)})


def main_heading(page: Page, desk: Desk) -> Iterator[Finding]:
    """One main heading, first of all, equal to the title."""
    tops = [heading for heading in page.headings if heading.level == 1]
    first = next((number for number, line in page.numbered() if line.strip()), page.first_body_line)
    if len(tops) != 1 or tops[0].line != first:
        yield Finding(tops[1].line if len(tops) > 1 else first, {"count": len(tops)})
    elif tops[0].text != plain(str(page.meta.get("title"))):
        yield Finding(tops[0].line, {"title": page.meta.get("title")}, "title")


def heading_order(page: Page, desk: Desk) -> Iterator[Finding]:
    """Headings go one level down at a time, and each has a name of its own."""
    for above, below in pairwise(page.headings):
        if below.level > above.level + 1:
            levels = {"above": above.level, "below": below.level, "right": above.level + 1}
            yield Finding(below.line, {"text": below.text, **levels})
    seen: set[str] = set()
    for heading in page.headings:
        if heading.anchor in seen and heading.named:
            yield Finding(heading.line, {"anchor": heading.anchor}, "twice")
        seen.add(heading.anchor)


def image_text(page: Page, desk: Desk) -> Iterator[Finding]:
    """A picture says in words what it shows."""
    for link in page.links:
        if link.image and not link.text.strip():
            yield Finding(link.line, {"target": link.target})


def raw_html(page: Page, desk: Desk) -> Iterator[Finding]:
    """HTML breaks the strict security policy of the site and hides from the other checks."""
    small = page.body.lower()
    for number, line in page.numbered() if any(sign in small for sign in MAYBE_HTML) else ():
        if not any(sign in line.lower() for sign in MAYBE_HTML):
            continue
        text = AUTOLINK.sub("", CODE.sub("", line))
        if match := WORD.search(text) or TAG.search(text):
            shown = text[match.start() :].strip()[:40]
            to_fill_in = TO_FILL_IN.match(shown)
            if to_fill_in and to_fill_in[1].lower() not in ELEMENTS:
                yield Finding(number, {"text": to_fill_in[0], "words": to_fill_in[1]}, "to-fill-in")
            else:
                yield Finding(number, {"text": shown}, "word" if WORD.search(text) else "")


def smart_quotes(page: Page, desk: Desk) -> Iterator[Finding]:
    """Curly quotes are fine in a sentence, not where a computer reads."""
    for number, line in enumerate(page.meta_lines, 2):
        if ANY_CURLY.search(line) and (match := BEGINS_CURLY.match(line)):
            yield Finding(number, {"text": match[1][:40]})
    for number, line in page.numbered() if ANY_CURLY.search(page.body) else ():
        if not ANY_CURLY.search(line):
            continue
        marks = [match[0][match[0].rfind("](") :] for match in LINK.finditer(line)] + re.findall(r"\{[^}]*\}", line)
        for mark in marks:
            if ANY_CURLY.search(mark):
                yield Finding(number, {"text": mark[:40]})


def tab(page: Page, desk: Desk) -> Iterator[Finding]:
    """A tab looks like spaces and means something else."""
    return (Finding(number) for number, line in (page.numbered() if "\t" in page.body else ()) if "\t" in line)


def unfinished(page: Page, desk: Desk) -> Iterator[Finding]:
    """What a template left to fill in."""
    lines = [*enumerate(page.meta_lines, 2), *page.numbered()]
    return (Finding(number, {"text": match[0]}) for number, match in left_to_do().found(lines))
