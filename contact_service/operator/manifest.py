"""What a site consists of, as SHA-256 sums: made when it is built, compared with what readers get by anyone, anywhere."""

import hashlib
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from email.message import Message
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote, urljoin, urlsplit
from urllib.request import Request, urlopen

import click

from contact_service.web.headers import STYLE, headers_for

MANIFEST = "manifest.json"
CONTACT_PAGES = ("contact/index.html", "en/contact/index.html")
# The service reads these facts; no web server needs to hand them out.
UNPUBLISHED = ("facts.json", MANIFEST)
# A release tells there what it changed, after the site was built.
RELEASE_NOTES = ("wijzigingen.txt", "en/wijzigingen.txt")
TIMEOUT_SECONDS = 30

# What the service puts into the contact pages differs from visit to visit.
_FORM = re.compile(b"<!--page-->(.*)<!--/page-->", re.DOTALL)
# A form needs none of these: they could bring code or another destination into the one part that has no sum.
_ACTIVE = re.compile(rb"<(?:script|link|style|iframe|object|embed|base|meta|img|svg)\b|\s(?:on\w+|src|formaction)\s*=", re.I)
_FINGERPRINT = re.compile(rb"\b[0-9A-F]{40}\b")


@click.command()
@click.argument("url")
@click.option("--manifest", default="site/manifest.json", show_default=True, help="A file, or the address of one you trust.")
def verify(url: str, manifest: str) -> None:
    """Compare the live site at URL with the manifest of a build, from outside: no settings, no secrets."""
    try:
        content = fetched(manifest) if "://" in manifest else Path(manifest).read_bytes()
        expected = json.loads(content)
        found = list(differences(url, expected))
        keys = announced_keys(url)
    except (OSError, ValueError, HTTPException) as fault:
        raise click.ClickException(str(fault)) from None
    for difference in found:
        click.echo(f"DIFFERENT {difference}")
    for key in sorted(keys):
        click.echo(f"The form encrypts for {key}")
    click.echo(f"The advisers' reader, lezer.html, was built with SHA-256 {expected.get('lezer.html')}")
    click.echo("The site is NOT as it was built." if found else "The site is as it was built.")
    sys.exit(1 if found else 0)


def sums(site: Path) -> dict[str, str]:
    """The sum of every published file of a built site, by its path."""
    files = sorted(file for file in site.rglob("*") if file.is_file())
    paths = {file.relative_to(site).as_posix(): file for file in files}
    return {path: _sum(path, file.read_bytes()) for path, file in paths.items() if path not in (*UNPUBLISHED, *RELEASE_NOTES)}


def differences(site: str, expected: Mapping[str, str]) -> Iterator[str]:
    """Name everything that the live site gives otherwise than it was built, and every header that it should send otherwise."""
    wrong_headers = defaultdict[str, list[str]](list)
    for path, wanted in expected.items():
        address = urljoin(site, quote(path.removesuffix("index.html")))
        try:
            headers, content = _answer(address)
        except (OSError, HTTPException) as fault:
            yield f"{address}: cannot be fetched ({fault})"
            continue
        if _sum(path, content) != wanted:
            yield f"{address}: differs from the manifest"
        if path in CONTACT_PAGES and _ACTIVE.search(_form(content)):
            yield f"{address}: the form brings in code or pictures, which ours never does"
        for wrong in header_faults(address, headers, expected.get(STYLE, "")):
            wrong_headers[wrong].append(address)
    for wrong, addresses in wrong_headers.items():
        yield f"{addresses[0]}{f' and {len(addresses) - 1} more' if addresses[1:] else ''}: {wrong}"


def header_faults(address: str, headers: Message, style: str) -> Iterator[str]:
    """Name every header of an answer from this address that is missing or other than it should be with a style of this sum."""
    for name, wanted in headers_for(urlsplit(address).path, style).items():
        given = headers.get_all(name, [])
        if given != [wanted]:
            yield f"the header {name} is {' and '.join(map(repr, given)) or 'missing'}; it should be {wanted!r}"
    if "Set-Cookie" in headers:
        yield "a cookie is set, which ours never does"


def announced_keys(site: str) -> set[str]:
    """The fingerprints for which the live forms would encrypt, to be compared with those that the advisers know."""
    forms = [_form(fetched(urljoin(site, path.removesuffix("index.html")))) for path in CONTACT_PAGES]
    return {found.decode() for form in forms for found in _FINGERPRINT.findall(form)}


def fetched(address: str) -> bytes:
    """What a web server answers, whatever its status; raises OSError or HTTPException."""
    return _answer(address)[1]


def _answer(address: str) -> tuple[Message, bytes]:
    if urlsplit(address).scheme not in ("http", "https"):
        raise OSError(f"{address} is no web address; write it with https://")
    try:
        with urlopen(Request(address), timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 (the scheme was checked)
            return answer.headers, bytes(answer.read())
    except HTTPError as answer:
        return answer.headers, answer.read()


def _sum(path: str, content: bytes) -> str:
    return hashlib.sha256(_FORM.sub(b"", content) if path in CONTACT_PAGES else content).hexdigest()


def _form(page: bytes) -> bytes:
    found = _FORM.search(page)
    return found[1] if found else b""
