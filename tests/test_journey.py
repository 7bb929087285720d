"""The whole journey with the real processes: from the form in a browser to the adviser who opens the mail."""

import base64
import contextlib
import json
import mailbox
import quopri
import socket
import threading
import urllib.parse
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from deploy.demo.advisers import decrypt
from deploy.demo.inbox import letters
from tests.support.built_site import built
from tests.support.chromium import STILL
from tests.support.stack import Stack, reference_in

pytestmark = pytest.mark.server

READERS = {
    "burgemeester": {"adviseur@ngb.example"},
    "wethouder": {"adviseur@wethouders.example"},
    "raadslid": {"adviseur@raadsleden.example", "tweede.adviseur@raadsleden.example"},
    "statenlid": {"adviseur@statenlidnu.example"},
    "anders": {"adviseur@bzk.example"},
}


@pytest.fixture(autouse=True)
def no_older_mails(stack: Stack) -> None:
    """Begin each test with an empty mailbox: to decrypt those of all tests before took a third of the time."""
    stack.wait_for_delivery()
    mailbox.Maildir(stack.mail).clear()


def open_page(browser: Browser, javascript: bool) -> Iterator[Page]:
    context = browser.new_context(**STILL, java_script_enabled=javascript)
    yield context.new_page()
    assert context.cookies() == []
    context.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser with JavaScript off. Nothing may be stored in it."""
    yield from open_page(browser, javascript=False)


@pytest.fixture(params=[False, True], ids=["javascript-off", "javascript-on"])
def any_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A browser with and without JavaScript. Nothing may be stored in it."""
    yield from open_page(browser, javascript=request.param)


def read_mails(stack: Stack, word: str) -> dict[str, list[str]]:
    """The mails with this word, by the adviser who can open them, once nothing waits any more."""
    stack.wait_for_delivery()
    return {
        adviser: found
        for adviser, mails in letters(stack.mail, stack.computers).items()
        if (found := [mail for mail in mails if word in mail])
    }


@pytest.mark.browser
@pytest.mark.parametrize("language", ["", "en/"], ids=["dutch", "english"])
@pytest.mark.parametrize("role", READERS)
def test_the_advisers_of_the_role_and_nobody_else_read_what_was_typed(
    stack: Stack, page: Page, language: str, role: str
) -> None:
    word = f"kanarie-{role}-{language or 'nl'}"
    message = f"{word}\n\nNa 20 uur € jőzsef 👮 שלום\n  twee spaties"
    page.goto(f"http://127.0.0.1:{stack.port}/{language}contact/")
    page.check(f"input[value^={role}]")
    page.fill("#reach", "06 12345678, alleen sms")
    page.fill("#name", "A. Nna")
    page.fill("#when", "na 20 uur")
    page.check("#voicemail")
    page.select_option("#topic", "bedreiging")
    page.fill("#message", message)

    page.click("#send")

    reference = page.locator(".reference").inner_text()
    mails = read_mails(stack, word)
    assert set(mails) == READERS[role]
    for copies in mails.values():
        (mail,) = copies
        assert reference in mail
        for line in [*message.split("\n"), "06 12345678, alleen sms", "A. Nna", "na 20 uur"]:
            assert f"    {line}\n" in mail or not line
        assert "een sms sturen?\n    ja\n" in mail


def test_no_adviser_of_another_role_can_open_a_mail(stack: Stack) -> None:
    for role in READERS:
        assert stack.post(token=stack.token(), role=role, reach=f"kanarie-sleutel-{role}")[0] == 200
    read_mails(stack, "kanarie-sleutel")

    openers: dict[str, set[str]] = {role: set() for role in READERS}
    for message in mailbox.Maildir(stack.mail):
        for home in stack.computers.iterdir():
            text = (decrypt(home, message.as_bytes()) or b"").decode()
            for role in READERS:
                if f"kanarie-sleutel-{role}" in text:
                    openers[role].add(home.name)

    assert openers == READERS


@pytest.mark.browser
def test_a_reload_of_the_received_page_sends_nothing_twice(
    stack: Stack, any_page: Page, request: pytest.FixtureRequest
) -> None:
    word = f"kanarie-reload-{request.node.callspec.id}"
    fill_in(stack, any_page, word)
    any_page.click("#send")
    reference = any_page.locator(".reference").inner_text()

    any_page.reload()

    if "javascript-off" in word:
        assert any_page.locator(".reference").inner_text() == reference
    else:
        # The browser sent it from within the form's page, so that is what it shows again.
        assert any_page.input_value("#reach") == ""
    assert [len(mails) for mails in read_mails(stack, word).values()] == [1]


@pytest.mark.browser
def test_a_double_click_sends_one_mail(stack: Stack, any_page: Page, request: pytest.FixtureRequest) -> None:
    word = f"kanarie-dubbelklik-{request.node.callspec.id}"
    fill_in(stack, any_page, word)

    any_page.dblclick("#send")

    reference = any_page.locator(".reference").inner_text()
    ((mail,),) = read_mails(stack, word).values()
    assert reference in mail


@pytest.mark.browser
@pytest.mark.parametrize("reach", ["kanarie-tweede-klik", ""], ids=["received", "refused"])
def test_the_second_click_of_a_double_click_follows_no_link_of_the_answer(stack: Stack, any_page: Page, reach: str) -> None:
    fill_in(stack, any_page, reach)
    watch = any_page.context.new_cdp_session(any_page)
    watch.send("Animation.enable")
    watch.send("Animation.setPlaybackRate", {"playbackRate": 0})  # the answer has just come, for as long as we look at it
    any_page.click("#send")
    any_page.locator(".reference" if reach else ".error-summary").wait_for()

    def is_under_the_pointer() -> bool:
        """Whether a click on the first link of the foot meets that link."""
        return bool(
            any_page.locator(".foot a").first.evaluate("""link => {
                link.scrollIntoView({ behavior: "instant", block: "center" });
                const { x, y, width, height } = link.getBoundingClientRect();
                return document.elementFromPoint(x + width / 2, y + height / 2) === link;
            }""")
        )

    assert not is_under_the_pointer()
    watch.send("Animation.setPlaybackRate", {"playbackRate": 1})
    any_page.click(".foot a", trial=True)
    assert is_under_the_pointer()


def fill_in(stack: Stack, page: Page, word: str) -> None:
    page.goto(f"http://127.0.0.1:{stack.port}/contact/")
    page.check("input[value^=wethouder]")
    page.fill("#reach", word)


def test_the_same_form_sent_many_times_at_once_is_one_mail(stack: Stack) -> None:
    form = {"token": stack.token(), "role": "statenlid", "reach": "kanarie-tegelijk"}
    answers: list[tuple[int, str]] = []
    senders = [threading.Thread(target=lambda: answers.append(stack.post(**form))) for _ in range(6)]

    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    assert {status for status, _page in answers} == {200}
    (reference,) = {reference_in(page) for _status, page in answers}
    ((mail,),) = read_mails(stack, "kanarie-tegelijk").values()
    assert reference and reference in mail


@pytest.mark.browser
def test_everything_typed_comes_back_with_an_error(stack: Stack, page: Page) -> None:
    page.goto(f"http://127.0.0.1:{stack.port}/en/contact/")
    page.fill("#message", "x" * 5001)
    page.fill("#name", '"><script>alert(1)</script>')
    page.select_option("#topic", "nazorg")

    page.click("#send")
    page.locator(".error-summary").wait_for()

    assert page.title().startswith("Error: ")
    assert page.input_value("#message") == "x" * 5001
    assert page.input_value("#name") == '"><script>alert(1)</script>'
    assert page.input_value("#topic") == "nazorg"
    for link in page.locator(".error-summary li a").all():
        assert page.locator(link.get_attribute("href") or "").count() == 1


def test_an_added_sentence_is_sent_even_with_a_used_token(stack: Stack) -> None:
    form = {"token": stack.token(), "role": "statenlid", "reach": "kanarie-toevoeging"}
    _status, first = stack.post(**form)

    _status, second = stack.post(**form, message="Nog iets.")

    assert reference_in(first) == reference_in(second)
    assert [len(mails) for mails in read_mails(stack, "kanarie-toevoeging").values()] == [2]


def test_no_file_of_the_whole_set_up_holds_a_word_that_was_typed(stack: Stack) -> None:
    word = "geheimekanariëvogel"
    good = {"token": stack.token(), "role": "burgemeester", "reach": word, "name": word, "message": f"{word} " * 100}
    assert stack.post(**good)[0] == 200
    for bad in ({**good, "role": word}, {**good, "token": word}, {**good, "message": word * 3_000}):
        assert stack.post(**bad)[0] == 400
    assert stack.post(**{**good, "message": word * 100_000})[0] == 413
    interrupt(stack, "application/x-www-form-urlencoded", urllib.parse.urlencode(good).encode())
    # Large enough to be put in a file by whoever would read it.
    upload = b'--x\r\nContent-Disposition: form-data; name="message"; filename="x"\r\n\r\n' + f"{word} ".encode() * 40_000
    interrupt(stack, "multipart/form-data; boundary=x", upload)
    read_mails(stack, word)

    needles = list(encodings_of(word))
    files = [file for folder in (stack.folder, built()) for file in folder.rglob("*") if file.is_file()]
    assert {"web.log", "delivery.log", "outbox.sqlite"} <= {file.name for file in files}
    for file in files:
        content = file.read_bytes()
        assert not [needle for needle in needles if needle in content], f"{file} holds what was typed"


def interrupt(stack: Stack, kind: str, body: bytes) -> None:
    """Send a form whose connection breaks before its end."""
    with socket.create_connection(("127.0.0.1", stack.port), timeout=10) as connection:
        head = f"POST /contact/ HTTP/1.1\r\nHost: 127.0.0.1:{stack.port}\r\nContent-Type: {kind}\r\n"
        connection.sendall(f"{head}Content-Length: {len(body) + 100}\r\n\r\n".encode() + body)
        # The service may have refused it unread, and hung up.
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass


def test_the_search_finds_a_word_in_every_disguise() -> None:
    word = "geheimekanariëvogel"
    text = f"en toen zei de {word} dat het mocht"
    disguises = {
        "plain": text.encode(),
        "wide": text.encode("utf-16"),
        "latin": text.encode("latin-1"),
        "mail": quopri.encodestring(text.encode()),
        "form": urllib.parse.quote_plus(text).encode(),
        "json": json.dumps(text).encode(),
        "log": repr(text.encode()).encode(),
        "hexadecimal": text.encode().hex().encode(),
        **{f"base64 {shift}": base64.b64encode(b"x" * shift + text.encode()) for shift in range(3)},
    }

    unseen = {name for name, content in disguises.items() if not [n for n in encodings_of(word) if n in content]}

    assert unseen == set()
    assert not [needle for needle in encodings_of(word) if len(needle) < 12]


def encodings_of(word: str) -> Iterator[bytes]:
    """The word as it would look in a file: plain, wide, encoded for mail, for a form or for a log."""
    plain = word.encode()
    yield from (plain, word.encode("utf-16-le"), word.encode("utf-16-be"), word.encode("latin-1"))
    yield from (quopri.encodestring(plain), urllib.parse.quote(word).encode(), plain.hex().encode())
    yield from (json.dumps(word).strip('"').encode(), repr(plain)[2:-1].encode())
    for shift in range(3):
        # Base64 of a text that the word stands in, without the characters that its neighbours change.
        yield base64.b64encode(b"x" * shift + plain)[(4 if shift else 0) : -4]
