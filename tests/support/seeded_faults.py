"""Mistakes that editors make in pages, each put into a copy of a real page at a place that chance picks."""

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
    "[bel](https://pölitie.nl)",
    "[bel](https://xn--plitie-6fg.nl)",
    "[bel](http://1.2.3.4/)",
    "[mail](mailto:ot@elders.example?bcc=een.ander@elders.example)",
    "*Bel ons*{ .danger }",
]
# Links to another place than their words say, or by way of somebody who sees who follows them.
ASTRAY = [
    "[politie.nl](https://elders.example)",
    "[www.politie.nl/aangifte](https://elders.example/aangifte)",
    "[**politie.nl**](https://elders.example)",
    "[ga naar politie.nl (aangifte)](https://politie.nl.elders.example)",
    "[info@politie.nl](mailto:info@elders.example)",
    "[info@politie.nl](mailto:aangifte@politie.nl)",
    "[x](http://localhost:8001/nu/)",
    "[x](http://127.0.0.1:8000/)",
    "[x](https://eur01.safelinks.example/?url=https%3A%2F%2Fpolitie.nl)",
    "[x](https://zoek.example/url?q=https://politie.nl)",
]
HTML = ["<naam>", "<uw naam>", "<Datum>", "<div>x</div>", "<b>x</b>", '<p style="color:red">x</p>', "<br>", "<!-- x -->"]
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

# The same numbers as a reader would dial them, in writings that a program, a pasted text or a hostile hand leaves.
WRITTEN = [
    "0900\u00a08844", "0900\u20118844", "0900–8844", "0900.8844", "0900/8844", "0900\u20098844", "０９００-８８４４",
    "٠٩٠٠-٨٨٤٤", "O900-8844", "0900-88l4", "0900\\-8844", "&#48;900-8844", "0900&ndash;8844", "0900-**8844**", "*0*900-8844",
    "0900-`8844`", "[0900](nu.md)-8844", "(0900) 8844", "(0)70 373 8314", "+31 (0)70 373 8314", "070 - 373 83 14",
    "070.373.8314", "070\n373 8314", "tel:070-3738314", "+32 2 123 45 67", "¹¹²", "1-1-2", "144", "113",
    "070·373·8314", "06/12345678",
    "14 070", "116 123", "911", "112 bellen", "112 helpt u", "112 of het OT", "+ 31 70 373 83 14",
    "[ons](tel:112)", "[ons](tel:+31612345678)", "[ons](tel&colon;0612345678)", '[ons](nu.md "0900-8844")', "0031-70-3738314",
]  # fmt: skip
# What looks like a list, a table, a link and so on in the text, and is none on the page; or is one that nobody typed.
AS_TYPED = [
    "A. Bel.\nB. Bewaar.",
    "Kies ja | nee.\nOf later | nooit.",
    "Dit is * heel * fijn.",
    "— Bel.\n\n— Bewaar.",
    "*\nBel.",
    "[![een deur](img/reis.svg)](bewijs.md",
    "Dat staat vast [@jansen2020].",
    ".. note:: Bel.",
    "Zie xref:nu.adoc[hier].",
    "$$x$$",
    "[![een deur](img/reis.svg)] (bewijs.md)",
    "[! [een deur](img/reis.svg)](bewijs.md)",
    "Doe dit:\n1. Bel.\n2. Bewaar.",
    "Doe dit:\n- Bel.\n- Bewaar.",
    "Doe dit:\n* Bel.",
    "Doe dit:\n+ Bel.",
    "Doe dit:\n2. Bel.",
    "1) Bel.\n2) Bewaar.",
    "1. Bel.\n  - Nu.",
    "1. Bel.\n   - Nu.\n2. Bewaar.",
    "- Bel.\n  - Nu.",
    "- Bel.\n   1. Nu.",
    "- Bel.\n\n  Nu.\n- Bewaar.",
    "1. Bel.\n\n   Nu.\n\n2. Bewaar.",
    "1. Bel.\n3. Bewaar.",
    "- Bel.\n\n1. Bewaar.",
    "1. Bel.\n- Bewaar.\n2. Wacht.",
    "- Bel.\nDoe dat nu.",
    "-Bel.\n-Bewaar.",
    "1.Bel.\n2.Bewaar.",
    "a) Bel.\nb) Bewaar.",
    "• Bel.\n• Bewaar.",
    "– Bel.\n– Bewaar.",
    "· Bel.",
    "2026. Bel.",
    "* * Bel",
    "Zo:\n| a | b |\n|---|---|\n| c | d |",
    "| a | b |\n| c | d |",
    "| a | b |\n|---|---|\n| c | d | e |",
    "| a | b |\n|---|---|\n| c |",
    "| a | b |\n|---|---|\n| c | d |\nEronder.",
    "| a | b |\n|---|---|\n\n| c | d |",
    "a | b\n---|---\nc | d",
    "| a | b |\n|---|\n| c | d |",
    "Zie [bewijs] (bewijs.md).",
    "Zie [bewijs](bewijs.md",
    "Zie (bewijs)[bewijs.md].",
    "Zie [bewijs][nu].",
    "Zie [[bewijs]].",
    "Zie [](bewijs.md).",
    "Zie [be\nwijs](bewijs.md).",
    "![een deur] (img/reis.svg)",
    "!(een deur)[img/reis.svg]",
    "Zie https://politie.nl.",
    "Dit is ** heel ** fijn.",
    "Dit is *heel * fijn.",
    "Dit is **heel fijn.",
    "Dit is __ heel __ fijn.",
    "Dit is _heel fijn.",
    "~~Weg~~.",
    "Dit is ==geel==.",
    "A^2^.",
    "Een `stuk.",
    "```\ncode",
    "Bel.\n\n    Naar binnen.",
    "Een regel\\\nen nog een.",
    ":warning: Bel.",
    "!!! note\n    Let op.",
    '??? tip "x"\n    Let op.',
    "> [!NOTE]\n> Let op.",
    "::: note\nLet op.\n:::",
    "Let op.[^1]\n\n[^1]: Noot.",
    "*[OT]: Team",
    "Term\n: uitleg",
    "- [ ] Bel",
    "- [x] Bel",
    "{ .danger }",
    "Bel ons.\n\n{ .note }",
    "[x]: nu.md 'titel'",
    "##Kop",
    " ## Kop",
    "Kop\n===",
    "Kop\n---",
    "Bel ons.\n--------",
    "#### ",
    "+++ Bel",
    "2*3*4",
    "/// note",
    # Lines that a reader takes for points, and that become one.
    "(1) Bel.\n(2) Bewaar.",
    "1 - Bel.\n2 - Bewaar.",
    "1- Bel.\n2- Bewaar.",
    "1: Bel.\n2: Bewaar.",
    "a. Bel.\nb. Bewaar.",
    "A) Bel.\nB) Bewaar.",
    "(a) Bel.\n(b) Bewaar.",
    "I. Bel.\nII. Bewaar.",
    "i) Bel.\nii) Bewaar.",
    "⁃ Bel.\n⁃ Bewaar.",
    "→ Bel.\n→ Bewaar.",
    "✓ Bel.\n✓ Bewaar.",
    "☐ Bel.\n☐ Bewaar.",
    "» Bel.\n» Bewaar.",
    "📞 Bel.\n✉️ Schrijf.",
    "1️⃣ Bel.\n2️⃣ Bewaar.",
    "o Bel.\no Bewaar.",
    "Stap 1: bel.\nStap 2: bewaar.",
    "**Stap 1:** bel.\n**Stap 2:** bewaar.",
    "Maandag: bel.\nDinsdag: schrijf.",
    "**Overdag:** bel.\n**In de avond:** schrijf.",
    "- Een\n\n   Hoort bij een.\n\n- Twee",
    # Marks of other programs, and letters by names that no browser knows.
    "2*3*4 is 24.",
    "een burger*burgeres en man*vrouw",
    ":material-phone: Bel",
    ":+1: Bel",
    "[b]Bel[/b]",
    "'''Bel'''",
    "++Bel++",
    "//Bel// nu",
    "H~2~O",
    "%% weg %%",
    "&eacut;&eacut;n",
    "&nbsp Bel",
    "&amp;nbsp;Bel",
    "&shy;Bel",
    "Be&#8203;l",
    "&#8238;Bel",
    "&Tab;Bel",
    "\\newpage",
    # Addresses that nobody can tap, and letters that an address bar wrote.
    "Kijk op www.politie.nl.",
    "Zie politie.nl/aangifte.",
    "Mail naar iemand@gemeente.nl.",
    "### Zie www.om.nl\n\nTekst.",
    "Kijk op\nwww.politie.nl\nvoor meer.",
    "Caf%C3%A9 de zon",
    "uw%20naam",
    # What belongs above the text.
    "title: Wat u nu doet",
    "Bel.\n\nkeywords: [a, b]",
    "owner: redactie\nreview_by: 2027-05-24",
    "layout: page",
    # What other programs fill in or lead to.
    "Beste {voornaam},",
    "Beste %voornaam%,",
    "Bel de politie.[1]",
    "Bel de politie[a] nu.",
    "Bel【4†source】.",
    "Bel turn0search1.",
    "Bel\\'s",
    "Tekst^[noot].",
    # Halves and pairs that became nothing, or something of which the signs are gone.
    "Dit is **heel fijn*.",
    "Dit is ** heel**.",
    "*Bel\n*Bewaar",
    "**Dit is\n\nheel fijn**",
    "Bel**.",
    "man*vrouw en kind* samen",
    "foto`s en programma`s",
    "Dit ` is ` code",
    "a|b\nc|d",
    "[bel(nu.md)",
    "[bel]\n(nu.md)",
    ">18 jaar mag het",
    "Kijk op WWW.politie.nl.",
    "Beste <%= naam %>",
    "een *woord** te veel",
    "regel\\n regel",
    "H^2^O",
    "1e bel\n2e schrijf",
    "① bel\n② schrijf",
    # Points without a space, or with other brackets.
    "(1)a\n(2)b",
    "a)Bel\nb)Bewaar",
    "[1] Bel\n[2] Bewaar",
    "1> Bel\n2> Bewaar",
    "1/ Bel\n2/ Bewaar",
    "1.1 Bel\n1.2 Bewaar",
    "a.Bel ons\nb.Bewaar alles",
    "1e: bel\n2e: schrijf",
    "Stap 1:bel\nStap 2:bewaar",
    "Maandag:bel\nDinsdag:schrijf",
    "📞Bel\n✉️Schrijf",
    "→Bel\n→Bewaar",
    "> Een citaat.\nEn dit niet.",
    # What is left of a link beside it, and a link that nobody can see or hear.
    "[bel](nu.md)(bewijs.md)",
    "[bel](nu.md)(#daarna)",
    "[bel][nu](bewijs.md)",
    "[bel](nu.md))",
    "[bel] nu.md",
    "[bel|nu.md]",
    "(bel)(nu.md)",
    "bel (nu.md#daarna)",
    "![een deur](img/reis.svg)(reis.svg)",
    "[img/reis.svg]",
    "[**](nu.md)",
    "[&nbsp;](nu.md)",
    "Ø Bel\nØ Bewaar",
]
# What stands above the text and is not what it says.
ABOVE = [
    (r"^owner: (.*)$", r"owner: \1\nowner: een ander"),
    (r"^title: .*$", "title: Wet #2"),
    (r"^title: .*$", "title: Wet # twee"),
    (r"^description: .*$", "description: Wat u doet #nu"),
    (r"^owner: (.*)$", r"owner: &x \1"),
    (r"^owner: (.*)$", r"owner: !x \1"),
    (r"^owner: .*$", r'owner: "redac\\x74ie"'),
    (r"^owner: .*$", r'owner: "een\\ntwee"'),
    (r"^reviewed: .*$", "reviewed: 2026-1-5"),
    (r"^reviewed: .*$", "reviewed: 24-11-2026"),
    (r"^review_by: .*$", "review_by: 2027-02-30"),
    (r"^review_by: .*$", "review_by: 2027"),
    (r"^review_by: .*$", "review_by: 2027-05-24 12:30"),
    (r"^keywords: \[", "keywords: [a: b, "),
    (r"^keywords: .*$", "keywords: ~"),
    (r"^related: .*$", "related: no"),
    (r"^title: (.*)$", r"title: *\1*"),
    (r"^title: .*$", "title: 's Avonds in 's-Hertogenbosch"),
    (r"^description: .*$", "description: Wat: u doet"),
    (r"^(keywords: \[.*)$", r"\1\nkeywords: [nog, meer]"),
]
# Behind the front matter, so that a rule of Markdown is asked and not one of YAML.
IN_TITLES = [
    "title: Wat u **nu** doet",
    "description: Kijk op [de pagina](nu.md) voor meer",
    "owner: redactie_",
    "title: Wat `nu`",
]
UNFINISHED = [
    "[invullen: wie belt er?]",
    "Klik of tik om tekst in te voeren.",
    "PAGE \\* MERGEFORMAT",
    "Dat klopt [cite: 12].",
    "[bel](https://politie.nl/?utm_source=chatgpt.com)",
    "Sent from my iPhone",
    "As an AI language model, I cannot call.",
    "TBD",
]
CONFLICTS = [
    "||||||| 84a19a6",
    "=======",
    ">>>>>>> wijziging",
    "<<<<<<< HEAD",
    "++>>>>>>> x",
    "%%%%%%% Changes from base",
    "+++++++ Contents of side",
]
LETTERS: list[Callable[[str], bytes | str]] = [
    lambda text: (text + "\nCafé en privé.\n").encode("cp1252", "replace"),
    lambda text: (text + "\nCafé en privé.\n").encode("mac_roman", "replace"),
    lambda text: (text + "\nCafé en privé.\n").encode("cp850", "replace"),
    lambda text: text.encode("utf-16"),
    lambda text: text.encode("utf-16-be"),
    lambda text: text.encode("utf-32"),
    lambda text: (text + "\nCafé en ‘privé’.\n").encode().decode("cp1252", "replace").encode(),
    lambda text: text + "\nCafÃ© en privÃ©.\n",
    lambda text: text + "\nCaf√© en priv√©.\n",
    lambda text: text + "\nDat is â€˜geheimâ€™.\n",
    lambda text: text + "\nCaf\ufffd en priv\ufffd.\n",
    lambda text: text + "\nBel\u200b ons.\n",
    lambda text: text + "\nBel \u202e8844-0090.\n",
    lambda text: text + "\nBel\u2028ons.\n",
    lambda text: text + "\nBel\x0bons.\n",
    lambda text: text + "\nBel\x92ons.\n",
    lambda text: text + "\nCaf├⌐ en priv├⌐.\n",
    lambda text: text + "\nBe\xadvei\xadliging.\n",
    lambda text: text + "\nBe\u200cwaar.\n",
    lambda text: text + "\n\uf0b7 Bel ons.\n",
    lambda text: text + "\nMail pоlitie.\n",
    lambda text: text + "\nCafe\u0301\u0301 nu.\n",
    lambda text: text + "\nBe\u0335l ons.\n",
    lambda text: text + "\nⓑⓔⓛ ons.\n",
    lambda text: text + "\n\U0001d401\U0001d41e\U0001d425 ons.\n",
    lambda text: text + "\nＢel ons.\n",
    lambda text: text + "\nBel\u2800ons.\n",
    lambda text: text + "\nBel\U000e0041ons.\n",
    lambda text: text + "\nCaf=C3=A9.\n",
    lambda text: text + "\nCaf\\u00e9.\n",
    lambda text: text + "\nCaf+AOk-s.\n",
    lambda text: text + "\nBe?nvloeden en co?rdinatie.\n",
    lambda text: text + "\nCafÚ en privÚ.\n",
    lambda text: text + "\nCaf‚ en priv‚.\n",
    lambda text: text + "\nCafŽ en privŽ.\n",
    lambda text: text + "\nCafĆ© nu.\n",
    lambda text: text + "\nCaf\\xe9.\n",
    lambda text: text + "\nCaf%u00E9 en Cafu00e9.\n",
    lambda text: text + "\nCaf=E9 is dicht.\n",
    lambda text: text + "\nEen regel die=20\ndoor gaat.\n",
    lambda text: text.encode() + "\nCafé.\n".encode() + "\nPrivé.\n".encode("cp1252"),
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

    def differ(self, dutch: str, english: str) -> bool:
        """Put a paragraph at the end of both pages, in which they say something else."""
        for language, text in (("nl", dutch), ("en", english)):
            with (self.root / "docs" / language / f"{self.slug}.md").open("a", encoding="utf-8") as page:
                page.write(f"\n\n{text}\n")
        return True

    def save(self, way: Callable[[str], bytes | str]) -> bool:
        """Save the page in another way."""
        content = way(self.text)
        return self.path.write_bytes(content.encode() if isinstance(content, str) else content) > 0

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
    # A number in words in one language is no fault; another number is.
    ("structure", lambda p: p.differ("Bel na 3 dagen.", "Call after 5 days.")),
    ("structure", lambda p: p.differ("Dat kost 1.250 euro.", "That costs 1,520 euros.")),
    ("structure", lambda p: p.differ("Sinds 1 juli 2025 mag dat.", "This is allowed since 1 July 2026.")),
    ("dead-link", lambda p: p.change(r"\(([a-z-]+)\.md\)", r"(\1x.md)")),
    ("dead-link", lambda p: p.change(r"\(([a-z-]+)\.md\)", r"(\1)")),
    ("dead-link", lambda p: p.change(r"\.md#([\w-]+)\)", r".md#\1x)")),
    ("dead-link", lambda p: p.change(r"\(([a-z-]+)\.md\)", r"(https://hulp.example/\1/)")),
    ("dead-link", lambda p: p.add("[bel](#)")),
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
    *(("markup", lambda p, typed=typed: p.add(typed)) for typed in MARKUP),
    *(("typed-phone", lambda p, number=number: p.add(f"Bel {number}.")) for number in WRITTEN),
    *(("dead-link", lambda p, typed=typed: p.add(typed)) for typed in ASTRAY),
    ("typed-phone", lambda p: p.change(r"^description: .*$", "description: Bel de politie op 0900 - 8844 als het kan")),
    ("unknown-key", lambda p: p.add("Bel tel.ot of (( tel.politie )).")),
    ("unknown-key", lambda p: p.add("Bel ｛｛ tel.ot ｝｝.")),
    ("review-overdue", lambda p: p.change(r"^reviewed: .*$", "reviewed: 2126-01-01")),
    ("review-overdue", lambda p: p.change(r"^review_by: .*$", "review_by: 9999-12-31")),
    ("review-overdue", lambda p: p.change(r"^(reviewed: (.*)\nreview_by: ).*$", r"\1\2")),
    ("front-matter-key", lambda p: p.change(r"^related: \[([\w-]+)", r"related: [\1, \1")),
    ("front-matter-key", lambda p: p.change(r"^sources: \[(\w+)", r"sources: [\1, \1")),
    ("front-matter-key", lambda p: p.change(r"^owner:", "template: opened.html\nowner:")),
    ("front-matter", lambda p: p.change(r"^owner:", "except: los\nowner:")),
    ("front-matter", lambda p: p.change(r"^owner:", "except: [{avoid: een reden die lang is}]\nowner:")),
    ("template-expression", lambda p: p.change(r"^(keywords: \[)", r'\1"{{ 7 * 7 }}", ')),
    ("page-size", lambda p: p.add(p.chance.choice(["[" * 400, "Bel ons. " * 7000, "{a " * 400]))),
    ("smart-quotes", lambda p: p.change(r"^owner: (.*)$", r"owner: “\1”")),
    ("smart-quotes", lambda p: p.change(r"\(([a-z-]+\.md)\)", r"(“\1”)")),
    ("tab", lambda p: p.change(r"^- ", "-\t")),
    ("tab", lambda p: p.add("\tInspringen met een tab.")),
    *(("unfinished", lambda p, typed=typed: p.add(typed)) for typed in UNFINISHED),
    ("form-of-address", lambda p: p.language == "nl" and p.add(p.chance.choice(FAMILIAR))),
    ("avoid", lambda p: p.add(AVOID[p.language])),
    ("spelling", lambda p: p.add(f"Dit is {p.pick(MISSPELT)}.")),
    ("long-sentence", lambda p: p.add(LONG[p.language])),
    ("reading-level", lambda p: p.add(HEAVY[p.language] * 60)),
    ("exception", lambda p: p.change(r"^owner:", 'except: {tweeling: "omdat het zo hoort"}\nowner:')),
    ("exception", lambda p: p.change(r"^owner:", 'except: {avoid: ""}\nowner:')),
    ("merge-conflict", lambda p: p.add("<<<<<<< HEAD\nBel.\n=======\nBel nu.\n>>>>>>> wijziging")),
    ("front-matter", lambda p: p.change(r"^description: (.*)$", "description: Let op: dit: gaat mis")),
    ("front-matter", lambda p: p.change(r"^(related: \[.*)\]$", r"\1")),
    ("front-matter", lambda p: p.change(r"^owner: ", "owner:\t")),
    ("front-matter", lambda p: p.change(HEAD + r"---\n", r"\1")),
    ("file-name", lambda p: bool(shutil.copy(p.path, p.path.with_name("Hulp 😀.md")))),
    ("same-title", lambda p: bool(shutil.copy(p.path, p.path.with_name("tweede.md")))),
    ("menu", lambda p: (bool(shutil.copy(p.path, p.path.with_name("tweede.md"))))),
    *(("as-typed", lambda p, typed=typed: p.add(typed)) for typed in AS_TYPED),
    *(("as-typed", lambda p, line=line: p.change(rf"^{line.partition(':')[0]}: .*$", line)) for line in IN_TITLES),
    *(("front-matter", lambda p, old=old, new=new: p.change(old, new)) for old, new in ABOVE),
    *(("merge-conflict", lambda p, mark=mark: p.add(mark)) for mark in CONFLICTS),
    *(("encoding", lambda p, way=way: p.save(way)) for way in LETTERS),
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
