"""The advisers' reader in Chromium: messages read, keys made and kept, every fault with its own sentence, and nothing sent."""

import base64
import email
import email.policy
import hashlib
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from contact_service.keys.advisers import Adviser
from contact_service.keys.judgement import judge
from contact_service.mail.message import padded_entity
from contact_service.mail.practice import PRACTICE_SUBJECT, practice_text
from contact_service.mail.submission import Submission
from contact_service.openpgp.key_files import grouped, inspect
from contact_service.operator.manifest import MANIFEST
from contact_service.web.headers import READER
from deploy.demo.inbox import _shown as as_inbox_shows_it
from editorial.build.reader import reader_page
from tests.support.accessibility import DESKTOP, EVERY, OPPOSITE, PHONE, bring_axe, problems
from tests.support.built_site import REPO, built, served
from tests.support.key_maker import ADDRESS, Maker
from tests.support.reader_page import SENDER, Made, ReaderPage, encrypted, entity, locked_key, mail

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=DESKTOP, reduced_motion="reduce", accept_downloads=True)
    yield context.new_page()
    context.close()


@pytest.fixture
def reader(page: Page) -> Iterator[ReaderPage]:
    """A reader opened from the disk, which asked nobody for anything and complained of nothing."""
    reader = ReaderPage(page)
    yield reader
    assert [address for address in reader.requests if not address.startswith(("file:", "blob:"))] == []
    assert len([address for address in reader.requests if address.startswith("file:")]) == 1
    assert reader.faults == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("r")


@pytest.fixture(scope="module")
def made(browser: Browser, folder: Path) -> Made:
    """A key that the page itself made."""
    context = browser.new_context(accept_downloads=True)
    try:
        return ReaderPage(context.new_page()).make_key(folder)
    finally:
        context.close()


@pytest.fixture
def letter(made: Made, submission: Submission, folder: Path, now: datetime) -> bytes:
    """A mail of the service for that key."""
    return mail(encrypted(entity(submission), made.public, folder), now)


def verdict(public: bytes, fingerprint: str) -> tuple[str, datetime | None]:
    """What the service judges of a key file."""
    (found,) = judge([Adviser("jo", "jo@vereniging.example", (fingerprint,))], [inspect("jo.asc", public)])
    return found.code, found.usable_until


def test_the_message_is_shown_word_for_word_as_make_inbox_shows_it(
    reader: ReaderPage, made: Made, letter: bytes, submission: Submission
) -> None:
    reader.give("mail-file", ("bericht.eml", letter))
    reader.give("key-file", made.secret)
    shown = reader.read(made.passphrase)

    expected = as_inbox_shows_it(entity(submission))
    subject, text = re.fullmatch(r"Subject: (.*?)\n.*?\n\n(.*)", expected, re.DOTALL).groups()  # type: ignore[union-attr]
    assert shown.startswith(subject)
    words = [line.strip() for line in text.split("\n") if line.strip()]
    for line in words:
        label, _, value = line.partition(": ")
        assert line in shown or (f"{label}\n{value}" in shown), line
    # And nothing else but the buttons.
    left = shown.replace(subject, "")
    for line in sorted({piece for word in words for piece in [word, *word.partition(": ")[::2]]}, key=len, reverse=True):
        left = left.replace(line, "") if line else left
    buttons = {"Druk af", "Kopieer alles", "Kopieer", "Druk af Kopieer alles", "Ik heb dit bericht"}
    assert {rest for rest in left.split("\n") if rest and not rest.startswith("Opent hulp.example")} <= buttons


def test_a_key_that_the_page_made_is_fit_and_two_files_cannot_be_mixed_up(made: Made) -> None:
    code, until = verdict(made.public.read_bytes(), made.fingerprint)

    assert code == "fit"
    assert until and 729 <= (until - datetime.now(UTC)).days <= 731
    assert made.secret.name.startswith("GEHEIM-nooit-versturen-jo-")
    assert made.public.name.startswith("PUBLIEK-naar-de-beheerder-jo-")
    assert inspect("jo.asc", made.secret.read_bytes()).fault == "secret"
    assert len(made.passphrase.split()) == 6


def test_gpg_opens_a_message_with_the_secret_file_and_the_passphrase(made: Made, submission: Submission, folder: Path) -> None:
    home = folder / "gpg"
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", str(home), "--batch", "--pinentry-mode", "loopback", "--passphrase", made.passphrase]
    try:
        subprocess.run([*gpg, "--import", str(made.secret)], check=True, capture_output=True)
        locked = encrypted(entity(submission), made.public, folder)
        opened = subprocess.run([*gpg, "--decrypt"], input=locked, check=True, capture_output=True).stdout
    finally:
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)
    assert opened == entity(submission)


def test_a_key_is_prolonged_gets_another_passphrase_and_is_revoked(
    reader: ReaderPage, made: Made, letter: bytes, folder: Path
) -> None:
    reader.door("manage")
    reader.give("own-file", made.secret)
    reader.page.select_option("#manage-years", "3")
    reader.manage("prolong", made.passphrase)
    later = reader.save("manage", "public", folder)
    again = reader.save("manage", "secret", folder)
    code, until = verdict(later.read_bytes(), made.fingerprint)
    assert code == "fit" and until and (until - datetime.now(UTC)).days > 1090
    assert again.name.endswith("-verlengd.asc")

    reader.page.check("#task-relock")
    words = reader.page.inner_text("#manage .drawn")
    reader.page.fill("#manage-again", words)
    reader.manage("relock", made.passphrase)
    relocked = reader.save("manage", "secret", folder)

    reader.manage("revoke", made.passphrase)
    revoked = reader.save("manage", "public", folder)
    assert revoked.name.startswith("INTREKKING-")
    assert verdict(revoked.read_bytes(), made.fingerprint)[0] == "revoked"

    reader.page.click("#forget")
    reader.door("read")
    reader.give("key-file", relocked)
    reader.give("mail-file", ("bericht.eml", letter))
    assert "past niet" in reader.read(made.passphrase)
    assert "Er lag een kogelbrief op de mat." in reader.read(words)


@pytest.mark.parametrize("algorithms", [("ed25519", "cv25519"), ("rsa3072", "rsa3072")], ids=["curve", "rsa"])
def test_a_key_of_gpg_reads_and_is_prolonged_as_gpg_would(
    reader: ReaderPage, submission: Submission, tmp_path: Path, short_folder: Path, algorithms: tuple[str, str]
) -> None:
    secret, public = locked_key(short_folder / algorithms[0], "Geheime zin", *algorithms, expires="1y")
    reader.give("key-file", ("reservekopie.asc", secret))
    reader.give("mail-file", ("encrypted.asc", encrypted(entity(submission), public, tmp_path)))
    assert "Er lag een kogelbrief op de mat." in reader.read("Geheime zin")

    reader.door("manage")
    reader.page.select_option("#manage-years", "3")
    reader.manage("prolong", "Geheime zin")
    later = reader.save("manage", "public", tmp_path).read_bytes()
    fingerprint = reader.fingerprint("manage")
    code, until = verdict(later, fingerprint)
    assert code == "fit" and until and (until - datetime.now(UTC)).days > 1090
    # What is handed out again stays locked, though the page had opened it to read.
    saved = reader.save("manage", "secret", tmp_path).read_bytes()
    assert b"PRIVATE KEY" in saved
    packets = subprocess.run(
        ["gpg", "--homedir", tmp_path, "--list-packets"], input=saved, capture_output=True, check=True
    ).stdout.decode()
    assert packets.count("protect count") == 2


def test_what_was_replaced_or_revoked_stays_so_when_a_key_is_prolonged(
    reader: ReaderPage, tmp_path: Path, short_folder: Path
) -> None:
    maker = (
        Maker(short_folder / "parts")
        .primary(expires="1y")
        .subkey(expires="30d")
        .revoke_subkey()
        .subkey(expires="2w")
        .subkey(expires="1y")
    )
    try:
        secret = maker.secret()
    finally:
        maker.close()
    reader.door("manage")
    reader.give("own-file", ("sleutel.asc", secret))
    reader.manage("prolong", "")
    later = reader.save("manage", "public", tmp_path)
    listing = subprocess.run(
        ["gpg", "--homedir", tmp_path, "--show-keys", "--with-colons", later], capture_output=True, check=True, text=True
    ).stdout
    days = [
        (int(line.split(":")[6]) - datetime.now(UTC).timestamp()) // 86400
        for line in listing.splitlines()
        if line.startswith("sub")
    ]
    states = [line.split(":")[1] for line in listing.splitlines() if line.startswith("sub")]
    assert sorted(days)[:2] <= [14, 30] and sorted(days)[-1] > 700
    assert states.count("r") == 1


def test_each_fault_has_a_sentence_of_its_own(
    reader: ReaderPage, made: Made, letter: bytes, submission: Submission, tmp_path: Path, short_folder: Path
) -> None:
    def fault(message: bytes, key: bytes | Path, passphrase: str = "") -> str:
        reader.page.click("#forget")
        reader.give("mail-file", ("bericht.eml", message))
        if not reader.page.is_visible("#faults"):
            reader.give("key-file", ("sleutel.asc", key) if isinstance(key, bytes) else key)
        return reader.shown() if reader.page.is_visible("#faults") else reader.read(passphrase or made.passphrase)

    other = Maker(short_folder / "other").primary().subkey()
    try:
        plain, public = other.secret(), tmp_path / "other.asc"
        public.write_bytes(other.public())
        card = other.gpg("--armor", "--export-secret-subkeys", other.fingerprint)
    finally:
        other.close()
    mine = mail(encrypted(entity(submission), public, tmp_path), datetime.now(UTC))
    assert "past niet bij deze sleutel" in fault(letter, made.secret, "fout")
    assert f"voor een andere sleutel dan {ADDRESS}" in fault(letter, plain)
    assert "Dit is een publieke sleutel" in fault(letter, made.public)
    assert "Er lag een kogelbrief" in fault(mine, card), "without its main part, a key still reads"
    other_letter = b"B" if letter[939:940] == b"A" else b"A"
    assert "beschadigd" in fault(letter.replace(letter[900:940], letter[900:939] + other_letter), made.secret)
    assert "houdt midden in de tekst op" in fault(letter[:-300], made.secret)
    assert "Outlook-bestand" in fault(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), made.secret)
    assert "geen versleuteld bericht" in fault(b"Subject: hoi\nTo: x\n\ntekst", made.secret)
    # An unprotected key works, and is spoken of.
    assert "Er lag een kogelbrief" in fault(mine, plain)
    assert "Op deze sleutel zit geen wachtwoord" in reader.page.inner_text(".keys")


def test_several_messages_several_keys_and_one_passphrase(
    reader: ReaderPage, made: Made, letter: bytes, submission: Submission, folder: Path, now: datetime
) -> None:
    second = replace(submission, message="Het tweede bericht.")
    more = mail(encrypted(entity(second, "n2"), made.public, folder), now, "n2")
    reader.give("key-file", made.secret)
    reader.give("mail-file", ("een.eml", letter), ("twee.eml", more), ("nog-een-keer.eml", letter))
    assert "Er lag een kogelbrief" in reader.read(made.passphrase)
    assert reader.page.locator("#messages li").count() == 2
    reader.page.click("#messages li:nth-child(2) button")
    assert "Het tweede bericht." in reader.shown() and "kogelbrief" not in reader.shown()
    # A third opens by itself: the key is open.
    third = replace(submission, message="Het derde bericht.")
    reader.give("mail-file", ("drie.eml", mail(encrypted(entity(third, "n3"), made.public, folder), now, "n3")))
    reader.page.wait_for_selector("#messages li:nth-child(3) button")
    assert "Het derde bericht." in reader.shown()


def test_a_practice_mail_and_a_text_of_another_kind_are_shown_as_they_are(
    reader: ReaderPage, made: Made, folder: Path, now: datetime
) -> None:
    about = {"association": "Vereniging", "sender": SENDER, "nonce": "p", "mark": "3f7k"}
    inner = padded_entity(PRACTICE_SUBJECT, practice_text("molen", "https://hulp.example/gelezen/" + "0" * 32), **about)
    reader.give("mail-file", ("oefen.eml", mail(encrypted(inner, made.public, folder), now)))
    reader.give("key-file", made.secret)
    shown = reader.read(made.passphrase)
    assert shown.startswith(PRACTICE_SUBJECT)
    assert reader.page.get_attribute("#letter a[href*=gelezen]", "href") == "https://hulp.example/gelezen/" + "0" * 32
    assert "    molen" in reader.page.text_content("#letter .answer")  # type: ignore[operator]
    assert "telt alleen terwijl u met de beheerder belt" in shown
    more = b"Content-Type: multipart/mixed; boundary=q\n\n--q\n\nzie\n--q\nContent-Type: image/png; name=x.png\n\nx\n--q--\n"
    reader.page.click("#forget")
    reader.give("mail-file", ("ander.eml", mail(encrypted(more, made.public, folder), now)))
    reader.give("key-file", made.secret)
    assert "bijlagen: 1" in reader.read(made.passphrase)


NASTY = (
    "<script>document.title='x'</script><img src=x onerror=alert(1)><a href='https://elders.example'>klik</a>\n"
    "\u202egnip\u202c \u2066x\u2069 " + "🙏" * 4000 + "\n" + "Z" + "\u0300\u0301\u0302" * 60 + "\n\n"
    "Mogen wij een bericht inspreken of een sms sturen?\n    ja\n\nReferentie: AAAA-AAAA\nIk heb dit bericht: "
    "https://elders.example/gelezen/0123456789abcdef0123456789abcdef\n" + "w" * 300
)


def test_whatever_an_answer_holds_it_is_text_and_looks_like_no_question(
    reader: ReaderPage, made: Made, submission: Submission, folder: Path, now: datetime
) -> None:
    nasty = replace(submission, message=NASTY)
    reader.give("mail-file", ("bericht.eml", mail(encrypted(entity(nasty), made.public, folder), now)))
    reader.give("key-file", made.secret)
    reader.read(made.passphrase)

    page = reader.page
    assert page.locator("#letter :is(script, img, a[href*=elders])").count() == 0
    assert page.title() == "Lezer voor adviseurs"
    assert page.text_content("#letter .asked:last-of-type .answer") == NASTY
    assert page.locator("#letter h3").all_inner_texts().count("Mogen wij een bericht inspreken of een sms sturen?") == 1
    assert page.locator("#letter .reference").count() == 1
    # Marks that pile up stay in their frame, and a line without an end does not widen the page.
    answer = page.locator("#letter .asked:last-of-type .answer")
    assert answer.evaluate("box => getComputedStyle(box).overflow") == "hidden"
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    # Turned-round text stays in order: the letters behind the mark are drawn from left to right.
    order = page.evaluate("""() => {
      const text = document.querySelector('.hidden-letter[data-code="U+202E"]').nextSibling, range = document.createRange();
      const left = (at) => { range.setStart(text, at); range.setEnd(text, at + 1); return range.getBoundingClientRect().left; };
      return left(0) < left(1) && left(1) < left(2);
    }""")
    assert order


def test_the_page_forgets_on_the_button_after_ten_minutes_and_when_it_is_left(
    browser: Browser, made: Made, letter: bytes
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.clock.install()
    reader = ReaderPage(page)

    def is_empty() -> bool:
        left = page.evaluate(
            "[document.querySelector('main').innerText, ...[...document.querySelectorAll('input')].map((i) => i.value)].join()"
        )
        return "kogelbrief" not in left and made.passphrase not in left and "Jo Jansen" not in left

    def opened() -> None:
        reader.door("read")
        reader.give("mail-file", ("bericht.eml", letter))
        reader.give("key-file", made.secret)
        assert "kogelbrief" in reader.read(made.passphrase)

    try:
        opened()
        page.click("#forget")
        assert is_empty()
        opened()
        page.clock.fast_forward("09:30")
        assert "Over een minuut" in page.inner_text("#status")
        page.keyboard.press("Shift")
        page.clock.fast_forward("09:00")
        assert not is_empty(), "a touch in between counts"
        page.clock.fast_forward("02:00")
        assert is_empty()
        assert "vergeten" in page.inner_text("#status")
        opened()
        page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
        assert is_empty()
        assert page.evaluate("document.cookie") == ""
        assert context.storage_state()["origins"] == []
    finally:
        context.close()


def test_every_screen_is_accessible_in_both_languages_and_never_scrolls_sideways(
    browser: Browser, made: Made, letter: bytes, short_folder: Path
) -> None:
    other, _public = locked_key(short_folder / "axe", "Geheime zin", "ed25519", "cv25519")
    context = browser.new_context(reduced_motion="reduce", accept_downloads=True)
    page = context.new_page()
    bring_axe(page)
    reader = ReaderPage(page)
    found = []
    # The words differ, the colours do not.
    for views in (EVERY, OPPOSITE):
        if views is OPPOSITE:
            page.click("#language")
        page.click("#forget")
        reader.door("read")
        found += problems(page, views=views)
        reader.give("mail-file", ("bericht.eml", letter))
        reader.give("key-file", made.secret)
        reader.read("fout")
        found += problems(page, views=views)
        reader.read(made.passphrase)
        found += problems(page, views=views)
        reader.door("manage")
        for task in ("relock", "revoke", "prolong"):
            page.check(f"#task-{task}")
            found += problems(page, views=views)
        reader.manage("prolong", made.passphrase)
        found += problems(page, views=views)
        reader.give("own-file", ("tweede.asc", other))
        found += problems(page, views=views)
        reader.door("make")
        page.check("#make-own-way")
        found += problems(page, views=views)
        page.check("#make-drawn-way")
        reader.make_key(short_folder)
        page.click(".trust h2")
        found += problems(page, views=views)
    context.close()
    assert found == []


def test_every_word_has_its_english(reader: ReaderPage) -> None:
    dutch = reader.page.inner_text("body")
    reader.page.click("#language")
    assert reader.page.get_attribute("html", "lang") == "en"
    english = set(reader.page.inner_text("body").split("\n"))
    same = {line for line in dutch.split("\n") if line in english and len(line) > 25 and "GNU" not in line}
    assert {line for line in same if "OpenPGP.js" not in line} == set()
    reader.page.click("#language")
    assert reader.page.inner_text("body").split("\n")[:20] == dutch.split("\n")[:20]


def test_it_works_by_keyboard_alone(reader: ReaderPage, made: Made, letter: bytes) -> None:
    reader.give("mail-file", ("bericht.eml", letter))
    reader.give("key-file", made.secret)
    reader.page.focus("#passphrase")
    reader.page.keyboard.type(made.passphrase)
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_selector("#letter:not([hidden])")
    assert reader.page.evaluate("document.activeElement.id") == "letter-title"


def test_a_file_is_taken_wherever_it_is_dropped_and_pasted_text_as_well(reader: ReaderPage, made: Made, letter: bytes) -> None:
    drop = """([name, text]) => { const data = new DataTransfer(); data.items.add(new File([text], name));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })); }"""
    reader.page.evaluate(drop, ["geheim.asc", made.secret.read_text()])
    reader.page.wait_for_selector(".keys li")
    reader.page.click("#open summary")
    reader.page.fill("#mail-text", letter.decode())
    reader.page.click("#paste")
    reader.page.wait_for_selector("#messages li")
    assert "kogelbrief" in reader.read(made.passphrase)


def test_a_folder_that_is_dropped_is_named_and_a_file_without_a_name_too(reader: ReaderPage, tmp_path: Path) -> None:
    (tmp_path / "berichten").mkdir()
    session = reader.page.context.new_cdp_session(reader.page)
    data = {"items": [], "files": [str(tmp_path / "berichten")], "dragOperationsMask": 1}
    for step in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": step, "x": 300, "y": 300, "data": data})
    reader.page.wait_for_selector("#faults >> text=berichten is niet te lezen. Is het een map?")
    reader.page.evaluate("""() => { const data = new DataTransfer(); data.items.add(new File([], ""));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })); }""")
    reader.page.wait_for_selector("#faults >> text=(een bestand zonder naam) is leeg")


@pytest.mark.parametrize(
    ("kind", "text"), [("text/uri-list", "https://mail.example/1"), ("text/plain", "[...] 3f7k"), ("text/html", "")]
)
def test_what_a_mail_program_gives_instead_of_the_mail_is_answered(reader: ReaderPage, kind: str, text: str) -> None:
    reader.page.evaluate(
        """([kind, text]) => { const data = new DataTransfer(); data.setData(kind, text);
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })); }""",
        [kind, text],
    )
    reader.page.wait_for_selector("#faults >> text=Wat u hierheen sleepte: daarin staat geen versleuteld bericht")


def test_the_words_open_the_key_whatever_was_typed_between_them(reader: ReaderPage, made: Made, letter: bytes) -> None:
    reader.give("mail-file", ("bericht.eml", letter))
    reader.give("key-file", made.secret)
    assert "kogelbrief" in reader.read(made.passphrase.title().replace(" ", ", "))


def test_a_key_behind_a_password_of_its_own_is_named_when_it_is_chosen(reader: ReaderPage, made: Made, tmp_path: Path) -> None:
    gpg = ["gpg", "--homedir", str(tmp_path), "--batch", "--pinentry-mode", "loopback", "--passphrase", "1234-5678"]
    setup = subprocess.run(
        [*gpg, "--armor", "--symmetric"], input=made.secret.read_bytes(), capture_output=True, check=True
    ).stdout
    subprocess.run(["gpgconf", "--homedir", str(tmp_path), "--kill", "all"], check=True)
    reader.give("key-file", ("autocrypt.asc", setup))
    assert "reservekopie van uw sleutel (OpenKeychain, Autocrypt)" in reader.shown()
    assert reader.page.locator("#messages li").count() == 0


def test_from_the_site_it_asks_for_nothing_but_itself(page: Page, made: Made, letter: bytes) -> None:
    reader = ReaderPage(page, f"{served()}/lezer.html")
    reader.give("mail-file", ("bericht.eml", letter))
    reader.give("key-file", made.secret)
    assert "kogelbrief" in reader.read(made.passphrase)
    refused = page.evaluate("fetch('/robots.txt').then(() => 'sent', () => 'refused')")
    assert refused == "refused"
    assert reader.requests == [f"{served()}/lezer.html"]


def test_the_site_hands_the_page_out_as_the_very_file_of_the_manifest(page: Page, tmp_path: Path) -> None:
    ReaderPage(page, f"{served()}/lezer.html")
    with page.expect_download() as download:
        page.click("#keep a")
    download.value.save_as(tmp_path / "lezer.html")
    sums = json.loads((built() / MANIFEST).read_text("utf-8"))
    assert hashlib.sha256((tmp_path / "lezer.html").read_bytes()).hexdigest() == sums["lezer.html"] == READER["sha256"]


def test_the_line_of_the_handbook_tells_the_right_file_from_another(tmp_path: Path) -> None:
    handbook = (REPO / "deploy/handboek-adviseurs/alleen-browser.md").read_text("utf-8")
    assert grouped(READER["sha256"]) in handbook
    assert f'.Hash -eq "{READER["sha256"]}"' in handbook
    (line,) = [line.strip() for line in handbook.splitlines() if "shasum" in line]
    (tmp_path / "Downloads").mkdir()
    for page, verdict in ((reader_page(), "OK"), (reader_page() + b"\n", "FAILED")):
        (tmp_path / "Downloads/lezer.html").write_bytes(page)
        said = subprocess.run(
            ["sh", "-c", line], env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True
        )
        assert said.stdout.strip().endswith(f"lezer.html: {verdict}")


def test_the_file_is_small_the_same_each_time_and_allows_exactly_its_own_scripts() -> None:
    first, second = reader_page(), reader_page()
    assert first == second == (built() / "lezer.html").read_bytes(), "type `make reader`"
    squeeze = "process.stdout.write(require('zlib').brotliCompressSync(require('fs').readFileSync(0)))"
    packed = subprocess.run(["node", "-e", squeeze], input=first, capture_output=True, check=True).stdout
    assert len(packed) <= 160_000
    text = first.decode()
    parts = re.findall(r"<(?:script|style)\b[^>]*>(.*?)</(?:script|style)>", text, re.DOTALL)
    sums = {f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'" for part in parts}
    assert len(parts) == 3
    assert set(re.findall(r"'sha256-[^']+'", READER["policy"])) == sums
    assert READER["policy"].startswith("default-src 'none'; ") and "unsafe" not in READER["policy"]
    # OpenPGP.js as npm verified it, with its licence; nothing that a browser would fetch.
    assert (REPO / "node_modules/openpgp/dist/openpgp.min.js").read_text("utf-8") in parts
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in text
    rest = text.replace(parts[1], "").replace(parts[2], "")
    assert not re.search(r"<(?:link|img|iframe|object|embed)\b|\bsrc=|@import|url\(", rest)


def test_nothing_in_it_asks_for_a_browser_of_less_than_six_years() -> None:
    # Chromium 87, the engine of Falkon in Debian 12, knows no list in `:not()`, and esbuild looks at syntax alone.
    newer = r":not\([^)]*,|:is\(|:has\(|\.at\(|\.findLast|Object\.hasOwn|structuredClone|toSorted|@layer|@container|color-mix"
    for part in [*(REPO / "overrides/reader").glob("*.js"), *(REPO / "overrides/reader").glob("*.css")]:
        assert re.findall(newer, part.read_text("utf-8")) == [], part.name


def test_of_several_keys_one_is_picked_to_be_changed(reader: ReaderPage, made: Made, folder: Path, short_folder: Path) -> None:
    other, _public = locked_key(short_folder / "second", "Geheime zin", "ed25519", "cv25519")
    reader.door("manage")
    reader.give("own-file", ("twee.asc", made.secret.read_bytes() + other))
    reader.manage("prolong", made.passphrase)
    assert "Kies in de lijst" in reader.shown()
    reader.page.check(f"#pick-{made.fingerprint}")
    reader.page.click("#manage-form > p .primary")
    reader.page.wait_for_selector("#manage .made:not([hidden])")
    assert reader.fingerprint("manage") == made.fingerprint


def test_only_the_services_own_link_leads_out(
    reader: ReaderPage, made: Made, submission: Submission, folder: Path, now: datetime
) -> None:
    reader.give("mail-file", ("bericht.eml", mail(encrypted(entity(submission), made.public, folder), now)))
    reader.give("key-file", made.secret)
    reader.read(made.passphrase)
    link = reader.page.locator("a[href]")
    assert link.count() == 1
    assert re.fullmatch(r"https://hulp\.example/gelezen/[0-9a-f]{32}", link.get_attribute("href") or "")
    assert link.get_attribute("target") == "_blank"
    assert link.get_attribute("rel") == "noopener noreferrer"
    assert "Opent hulp.example" in reader.shown()


def test_a_form_that_is_not_filled_in_says_what_is_missing(reader: ReaderPage) -> None:
    reader.page.click("#open .primary")
    assert "Kies eerst de mail" in reader.shown()
    reader.door("make")
    for fill, words in (
        ({}, "Vul uw naam in"),
        ({"name": "Jo <x>"}, "< en >"),
        ({"name": "Jo"}, "mailadres"),
        ({"address": "jo@vereniging.example"}, "niet gelijk"),
    ):
        for name, value in fill.items():
            reader.page.fill(f"#{name}", value)
        reader.page.click("#make-form .primary")
        reader.page.wait_for_selector("#faults:not([hidden])")
        assert words in reader.shown()
    reader.page.check("#make-own-way")
    reader.page.fill("#make-own", "te kort")
    reader.page.click("#make-form .primary")
    reader.page.wait_for_selector("#faults >> text=te kort of te makkelijk")


def test_signs_that_nobody_sees_do_not_come_into_a_key(reader: ReaderPage) -> None:
    reader.door("make")
    reader.page.fill("#name", "\u202eJo\u200b Jansen")
    reader.page.fill("#address", "jo@vereni\u200bging.example\ufeff")
    reader.page.fill("#make-again", reader.page.inner_text("#make .drawn"))
    reader.page.click("#make-form .primary")
    assert reader.page.text_content("#make .made dd.name") == "Jo Jansen"
    assert reader.page.text_content("#make .made dd.address") == "jo@vereniging.example"


def test_the_subject_in_the_mail_itself_is_never_taken_for_the_real_one(letter: bytes) -> None:
    assert email.message_from_bytes(letter, policy=email.policy.default)["Subject"].startswith("[...]")
