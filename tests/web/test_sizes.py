"""What somebody who counts bytes behind TLS learns: neither the role nor the language, in both ways of encrypting."""

import base64
import os
import re
import urllib.parse
from collections.abc import Iterable, Iterator
from urllib.parse import urljoin

import hpack
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page

from contact_service.mail.message import BUCKETS_BYTES
from contact_service.mail.submission import ROLES
from contact_service.web.page import SIZES_BYTES
from tests.support.chromium import HEADLESS_SHELL, STILL, chromium
from tests.support.counting import Wire
from tests.support.production import NAME, Production, production, wait_for
from tests.web.test_browser_encryption import ANSWERS

pytestmark = [pytest.mark.server, pytest.mark.browser]

LANGUAGES = ("", "en/")
PAIRS = [(role, language) for role in ROLES for language in LANGUAGES]
# The shortest and the longest role in both; that no role of the page is longer than another, tests/web/test_form.py sees.
CORNERS = [(role, language) for role in (min(ROLES, key=len), max(ROLES, key=len)) for language in LANGUAGES]
TOLD = "eigen apparaat versl|niet zelf|own device|cannot enc"
# The server's bytes come in one record more or less, as they arrive: that tells nothing of what stands in them.
RECORDS_BYTES = 128
# The tests share one sender.
PLENTY = "100000/hour,100000/hour,100000/hour"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    with production(tmp_path_factory.mktemp("sizes"), CONTACT_ALLOWANCE=PLENTY) as running:
        running.start_web()
        running.start_nginx()
        wait_for(lambda: running.ask("GET", "/contact/")[0] == 200)
        yield running


@pytest.fixture(scope="module")
def wire(machine: Production) -> Iterator[Wire]:
    with Wire(machine.https_port) as counted:
        yield counted


@pytest.fixture(scope="module")
def browser(wire: Wire) -> Iterator[Browser]:
    with chromium(f"--host-resolver-rules=MAP {NAME}:443 127.0.0.1:{wire.port}", program=HEADLESS_SHELL) as opened:
        yield opened


def quiet(page: Page, wire: Wire) -> tuple[int, int]:
    """How much has passed, once nothing passes any more."""
    before = (-1, -1)
    while before != (before := (wire.sent, wire.received)):
        page.wait_for_timeout(300)
    return before


def exchanged(browser: Browser, wire: Wire, role: str, language: str, **answers: str) -> tuple[int, int, str]:
    """How many bytes one message takes there and back, and what was posted."""
    scripts = answers.pop("scripts", "yes") == "yes"
    context = browser.new_context(**STILL, ignore_https_errors=True, java_script_enabled=scripts)
    page = context.new_page()
    if answers.pop("unable", ""):
        page.route(re.compile("openpgp"), lambda route: route.abort())
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.post_data or "") if request.method == "POST" else None)
    page.goto(f"https://{NAME}/{language}contact/")
    page.check(f"input[value^={role}]")
    for name, text in {**ANSWERS, **answers}.items():
        page.fill(f"#{name}", text)
    if scripts:
        page.wait_for_function(f"() => /{TOLD}/.test(document.getElementById('way').innerText)")
    sent, received = quiet(page, wire)
    page.click("#send")
    page.wait_for_selector(".reference")
    now_sent, now_received = quiet(page, wire)
    context.close()
    return now_sent - sent, now_received - received, posted[0]


def spread(numbers: Iterable[int]) -> int:
    """How far the largest is from the smallest."""
    found = list(numbers)
    return max(found) - min(found)


def test_an_encrypted_message_has_one_size_there_and_back_for_all_roles_and_languages(browser: Browser, wire: Wire) -> None:
    found = [exchanged(browser, wire, role, language) for role, language in PAIRS]

    assert len({sent for sent, _received, _body in found}) == 1
    assert spread(received for _sent, received, _body in found) <= RECORDS_BYTES
    # What is encrypted does differ: one association has two advisers.
    assert len({len(urllib.parse.parse_qs(body)["ciphertext"][0]) for _sent, _received, body in found}) > 1


def test_a_message_that_our_server_encrypts_has_one_size_there_and_back_as_well(browser: Browser, wire: Wire) -> None:
    found = [exchanged(browser, wire, role, language, unable="yes") for role, language in CORNERS]

    assert not any("ciphertext" in body for _sent, _received, body in found)
    assert [len(body) for *_, body in found] == [room_for(BUCKETS_BYTES[0], language) for _role, language in CORNERS]
    assert len({sent for sent, _received, _body in found}) == 1
    assert spread(received for _sent, received, _body in found) <= RECORDS_BYTES


def test_without_scripts_a_text_has_one_size_there_and_back_for_all_roles_and_languages(browser: Browser, wire: Wire) -> None:
    found = [exchanged(browser, wire, role, language, scripts="") for role, language in CORNERS]

    assert len({len(body) for *_, body in found}) == 1
    assert len({sent for sent, _received, _body in found}) == 1
    assert spread(received for _sent, received, _body in found) <= RECORDS_BYTES


def test_the_addresses_to_which_the_forms_post_are_as_long_as_each_other(machine: Production) -> None:
    paths = [f"/{language}contact/" for language in LANGUAGES]
    found = [
        urljoin(path, BeautifulSoup(machine.ask("GET", path)[2], "html.parser").select_one("form.form")["action"])
        for path in paths
    ]

    assert len(found[0]) == len(found[1])
    assert len(hpack.Encoder().encode([(":path", found[0])])) == len(hpack.Encoder().encode([(":path", found[1])]))


def test_a_text_shows_one_of_four_sizes_and_in_the_largest_roles_do_not_differ_either(browser: Browser, wire: Wire) -> None:
    texts = ["", "w" * 4000, "é" * 5000, "👮" * 5000]
    found = [exchanged(browser, wire, "anders", "", message=text) for text in texts]
    found.append(exchanged(browser, wire, "raadslid", "en/", message=texts[-1]))

    sent = [sent for sent, _received, _body in found]
    assert len(set(sent)) == 4
    assert sent[-1] == sent[-2]
    assert spread(received for _sent, received, _body in found) <= RECORDS_BYTES


def room_for(bucket: int, language: str) -> int:
    """The length of a post, as assets/contact.js makes it."""
    return 14_336 + 3 * bucket // 2 - len(f"/{language}contact/")


@pytest.mark.parametrize("bucket", BUCKETS_BYTES)
def test_a_post_has_room_for_a_dozen_of_the_longest_keys_and_a_proof(bucket: int) -> None:
    locked = base64.encodebytes(os.urandom(bucket + 60 + 12 * 528)).decode()
    body = urllib.parse.urlencode({"role": "burgemeester", "token": "t" * 100, "ciphertext": locked, "code": "c" * 64})

    assert len(body) + len("&padding=&proof=") + 1500 < room_for(bucket, "")


@pytest.mark.parametrize("bucket", BUCKETS_BYTES)
def test_the_numbers_that_http_writes_before_a_post_are_as_long_for_both_languages(bucket: int) -> None:
    lengths = [hpack.Encoder().encode([("content-length", str(room_for(bucket, language)))]) for language in LANGUAGES]

    assert len(lengths[0]) == len(lengths[1])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_the_service_has_one_of_few_sizes(machine: Production, language: str) -> None:
    path = f"/{language}contact/"
    token = {"token": machine.token()}
    pages = [machine.ask("GET", path)[2], *(machine.send(path, role=role)[1].encode() for role in ROLES)]
    pages += [machine.send(path, role="", **token)[1].encode(), machine.send(path, reach="", token="old")[1].encode()]
    pages += [machine.send(path, website="x" * 100_000)[1].encode() for _ in range(2)]

    assert {len(page) for page in pages[:-2]} == {SIZES_BYTES[0]}
    assert {len(page) for page in pages} <= set(SIZES_BYTES)


def test_no_answer_of_the_service_is_compressed(machine: Production) -> None:
    _status, headers, page = machine.ask("GET", "/contact/", Accept_Encoding="gzip, br, deflate, zstd")

    assert headers["Content-Encoding"] is None
    assert len(page) == int(headers["Content-Length"]) == SIZES_BYTES[0]
