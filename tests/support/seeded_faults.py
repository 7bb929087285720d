"""Two hundred mistakes that editors make, each put into a copy of a real page at a place that chance picks."""

import functools
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from editorial.desk.desk import Desk
from editorial.desk.spelling import Spelling
from tests.support.built_site import REPO

MISSPELT = {"nl": ["aangiftte", "bedriegging", "veilligheid", "gemeennte"], "en": ["polise", "saftey", "recieve", "threatt"]}
LONG = {
    "nl": "Als u merkt dat er iets aan de hand is in uw straat en u weet niet goed wat u daar dan mee moet, bel dan eerst.",
    "en": "If you see that there is something going on in your street and you do not know what to do about it, call us first.",
}
HEAVY = {
    "nl": "Verantwoordelijkheid bemoeilijkt besluitvorming. Organisatieontwikkeling vereist gezagsverhoudingen. ",
    "en": "Organisational accountability necessitates communication. Institutional responsibility accumulates. ",
}
PROMISES = {
    "nl": [
        "Het OT is 24/7 open.",
        "Wij zijn altijd bereikbaar.",
        "U krijgt binnen een uur antwoord.",
        "Wij garanderen uw rust.",
    ],
    "en": ["The OT is open 24/7.", "We are always available.", "You get an answer within an hour.", "We guarantee it."],
}
EXPRESSIONS = ["{{ config.site_name }}", "{% if x %}", "{{tel.ot", "{{ tel.ot | e }}", "{{ [].append(1) }}", "{# weg #}", "{{"]
MARKUP = [
    "[bel](javascript:alert)",
    "[bel](&#106;avascript:alert)",
    "[bel][x]\n\n[x]: data:text/html,x",
    "[bel](nu.md){ onclick=alert }",
    "Bel.\n{ style=position:fixed }",
    "Bel.\n{ .bar }",
    "Bel.\n{ #menu }",
    "![een deur](img/reis.svg){ onerror=alert }",
    "![een deur][x]\n\n[x]: https://elders.example/deur.png",
    "[bel](//elders.example/x)",
]
HTML = ["<div>x</div>", "<b>x</b>", '<p style="color:red">x</p>', "<br>", "<!-- x -->"]
FAMILIAR = ["Bel je partner.", "Wat kun jij doen.", "Let op jouw huis."]
NO_CRIME = {"nl": "Dit is niet strafbaar.", "en": "This is not a crime."}
AVOID = {"nl": "Doe dit middels een brief.", "en": "Do this prior to the talk."}
NEWSPAPERS = ["S171", "S171c", "S247"]
NAMES = ["ngb", "StatenlidNu", "Ondersteuningsteam Weerbaar Bestuur", "politiekeambtsdragers@minbzk.nl"]
NUMBERS = [
    "070-3738314",
    "0900-8844",
    "070 373 83 14",
    "+31 70 373 83 14",
    "0800-7000",
    "112",
    "06-12345678",
    "(070) 373 83 14",
]


@dataclass
class Place:
    """The page that a mistake goes into."""

    root: Path
    language: str
    slug: str
    chance: random.Random

    @property
    def path(self) -> Path:
        return self.root / "docs" / self.language / f"{self.slug}.md"

    @property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    def change(self, pattern: str, by: str | Callable[[re.Match[str]], str]) -> bool:
        """Change one of the places that match; false when there is none."""
        found = list(re.finditer(pattern, self.text, re.MULTILINE))
        if found:
            match = self.chance.choice(found)
            new = by(match) if callable(by) else match.expand(by)
            self.path.write_text(self.text[: match.start()] + new + self.text[match.end() :], "utf-8")
        return bool(found)

    def add(self, line: str) -> bool:
        """Put a paragraph of its own somewhere between the paragraphs."""
        front, mark, body = self.text.partition("\n---\n")
        gaps = [match.end() for match in re.finditer(r"\n\n(?=[A-Z])", body)]
        at = self.chance.choice(gaps) if gaps else len(body)
        self.path.write_text(f"{front}{mark}{body[:at]}{line}\n\n{body[at:]}", "utf-8")
        return True

    def on_newspaper(self) -> bool:
        """Let a page on danger lean on a newspaper alone."""
        sources = f"sources: [seed, {self.chance.choice(NEWSPAPERS)}]"
        return "{ .danger }" in self.text and self.change(r"^sources: .*$", sources)

    def pick(self, options: dict[str, list[str]]) -> str:
        return self.chance.choice(options[self.language])


HEAD = r"\A(---\n(?:.*\n)*?)"
FAULTS: list[tuple[str, Callable[[Place], bool]]] = [
    ("twin", lambda p: p.path.unlink() is None),
    ("typed-phone", lambda p: p.add(f"Bel {p.chance.choice(NUMBERS)}.")),
    ("typed-phone", lambda p: p.change(r"\{\{ tel\.\w+ \}\}", lambda _: p.chance.choice(NUMBERS))),
    ("typed-name", lambda p: p.add(f"Vraag het {p.chance.choice(NAMES)}.")),
    ("typed-name", lambda p: p.change(r"\{\{ naam\.slachtofferhulp \}\}", "Slachtofferhulp Nederland")),
    ("typed-name", lambda p: p.change(r"\{\{ vereniging\.\w+ \}\}", lambda _: p.chance.choice(NAMES))),
    ("unknown-key", lambda p: p.change(r"naam\.(\w+)", r"naam.\1s")),
    ("unknown-key", lambda p: p.change(r"tel\.ot\b", "tel.otto")),
    ("unknown-key", lambda p: p.change(r"\{\{ tel\.(\w+) \}\}", r"{{ tel.\1x }}")),
    ("template-expression", lambda p: p.add(p.chance.choice(EXPRESSIONS))),
    ("promise", lambda p: p.add(p.pick(PROMISES))),
    ("no-crime", lambda p: p.add(NO_CRIME[p.language])),
    ("stale", lambda p: p.language == "nl" and p.add("Vertel het ook thuis.")),
    ("stale", lambda p: p.language == "nl" and p.change(r"^(description: [^\"\n]*)$", r"\1 Echt.")),
    ("structure", lambda p: p.change(r"^## .*\n", "")),
    ("structure", lambda p: p.change(r"^(## .*)$", r"\1\n\n## Extra")),
    ("structure", lambda p: p.change(r"^- (?!\[).*\n(?=- )", "")),
    ("structure", lambda p: p.change(r"^\d\. .*\n(?=\d\. )", "")),
    ("structure", lambda p: p.change(r"(?<!!)\[([^\]\[]+)\]\([a-z-]+\.md(?:#[\w-]+)?\)", r"\1")),
    ("structure", lambda p: p.change(r" ?\{\{ tel\.(?:ot|politie) \}\}", "")),
    ("structure", lambda p: p.change(r"^\{ \.(?:danger|note) \}\n", "")),
    ("dead-link", lambda p: p.change(r"\(([a-z-]+)\.md\)", r"(\1x.md)")),
    ("dead-link", lambda p: p.change(r"\(([a-z-]+)\.md\)", r"(\1)")),
    ("dead-link", lambda p: p.change(r"\.md#([\w-]+)\)", r".md#\1x)")),
    ("dead-link", lambda p: p.change(r"\(([a-z-]+)\.md\)", r"(https://hulp.example/\1/)")),
    ("dead-link", lambda p: p.add("![een deur](img/verdwenen.svg)")),
    ("dead-link", lambda p: p.add("![een deur](https://elders.example/deur.jpg)")),
    ("source", lambda p: p.change(r"^sources: \[seed", "sources: [S999")),
    ("source", lambda p: p.change(r"^sources: .*$", "sources: []")),
    ("source", lambda p: p.change(r"^sources: .*\n", "")),
    ("newspaper-only", lambda p: p.on_newspaper()),
    ("review-overdue", lambda p: p.change(r"^review_by: .*$", "review_by: 2020-01-01")),
    ("review-overdue", lambda p: p.change(r"^reviewed: .*$", "reviewed: gisteren")),
    ("review-soon", lambda p: p.change(r"^review_by: .*$", f"review_by: {today() + timedelta(days=10)}")),
    ("main-heading", lambda p: p.change(r"^# .*$", "")),
    ("main-heading", lambda p: p.change(r"^## (.*)$", r"# \1")),
    ("main-heading", lambda p: p.change(r"^# (.*)$", r"# \1 x")),
    ("heading-order", lambda p: p.change(r"^## (.*)$", r"#### \1")),
    ("front-matter-key", lambda p: p.change(r"^(?:owner|keywords|title|description|related|review_by): .*\n", "")),
    ("front-matter-key", lambda p: p.change(r"^related: \[", "related: [verdwenen, ")),
    ("description", lambda p: p.change(r"^description: .*$", "description: " + "Veel te lang. " * 20)),
    ("description", lambda p: p.change(r"^description: .*$", "description: Te kort.")),
    ("image-text", lambda p: p.add("![](img/deur.svg)")),
    ("raw-html", lambda p: p.add(p.chance.choice(HTML))),
    ("raw-html", lambda p: p.add('<p class="MsoNormal"><o:p></o:p></p>')),
    ("markup", lambda p: p.add(p.chance.choice(MARKUP))),
    ("markup", lambda p: p.add(p.chance.choice(MARKUP))),
    ("template-expression", lambda p: p.change(r"^(keywords: \[)", r'\1"{{ 7 * 7 }}", ')),
    ("merge-conflict", lambda p: p.add("||||||| 84a19a6")),
    ("page-size", lambda p: p.add(p.chance.choice(["[" * 400, "Bel ons. " * 7000, "{a " * 400]))),
    ("smart-quotes", lambda p: p.change(r"^owner: (.*)$", r"owner: “\1”")),
    ("smart-quotes", lambda p: p.change(r"\(([a-z-]+\.md)\)", r"(“\1”)")),
    ("tab", lambda p: p.change(r"^- ", "-\t")),
    ("tab", lambda p: p.add("\tInspringen met een tab.")),
    ("unfinished", lambda p: p.add("[invullen: wie belt er?]")),
    ("form-of-address", lambda p: p.language == "nl" and p.add(p.chance.choice(FAMILIAR))),
    ("avoid", lambda p: p.add(AVOID[p.language])),
    ("spelling", lambda p: p.add(f"Dit is {p.pick(MISSPELT)}.")),
    ("long-sentence", lambda p: p.add(LONG[p.language])),
    ("reading-level", lambda p: p.add(HEAVY[p.language] * 60)),
    ("exception", lambda p: p.change(r"^owner:", 'except: {tweeling: "omdat het zo hoort"}\nowner:')),
    ("exception", lambda p: p.change(r"^owner:", 'except: {avoid: ""}\nowner:')),
    ("encoding", lambda p: p.path.write_bytes((p.text + "\nCafé en privé.\n").encode("cp1252", "replace")) > 0),
    ("merge-conflict", lambda p: p.add("<<<<<<< HEAD\nBel.\n=======\nBel nu.\n>>>>>>> wijziging")),
    ("front-matter", lambda p: p.change(r"^description: (.*)$", "description: Let op: dit: gaat mis")),
    ("front-matter", lambda p: p.change(r"^(related: \[.*)\]$", r"\1")),
    ("front-matter", lambda p: p.change(r"^owner: ", "owner:\t")),
    ("front-matter", lambda p: p.change(HEAD + r"---\n", r"\1")),
    ("file-name", lambda p: bool(shutil.copy(p.path, p.path.with_name("Hulp 😀.md")))),
    ("same-title", lambda p: bool(shutil.copy(p.path, p.path.with_name("tweede.md")))),
    ("menu", lambda p: (bool(shutil.copy(p.path, p.path.with_name("tweede.md"))))),
]  # fmt: skip


@functools.cache
def today() -> date:
    """The day on which a page was last reviewed: for these tests the calendar stands still."""
    return max(
        date.fromisoformat(day)
        for path in REPO.glob("docs/nl/*.md")
        for day in re.findall(r"^reviewed: (\S+)$", path.read_text("utf-8"), re.MULTILINE)
    )


# Hunspell is asked once for each word, whichever test meets it first.
SPELLING = Spelling()


def desk_in(root: Path) -> Desk:
    """The desk in a folder as it is now."""
    return Desk(root, today(), SPELLING)


def copy_of_the_desk(folder: Path, *slugs: str) -> Path:
    """The real pages and menus, to put mistakes into; a few pages where that is enough."""
    left_out = {path.name for path in REPO.glob("docs/nl/*.md") if slugs and path.stem not in slugs}
    shutil.copytree(REPO / "docs", folder / "docs", ignore=lambda _, names: left_out & set(names))
    for name in ("mkdocs.yml", "mkdocs.en.yml"):
        shutil.copy(REPO / name, folder)
    there = {page.stem for page in folder.glob("docs/nl/*.md")}

    def kept(pages: re.Match[str]) -> str:
        return " ".join(there & set(pages[0].split())) or min(there)

    # Fewer pages, and the words that lead to them.
    for path in folder.glob("docs/words.*.yml"):
        path.write_text(re.sub(r"(?m)(?<=^    pages: ).*$", kept, path.read_text("utf-8")), "utf-8")
    return folder
