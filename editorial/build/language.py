"""MkDocs hook: makes the pages of one language, judges each as it is made, and ships only our own assets."""

import hashlib
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import Environment
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.utils import get_build_datetime

from contact_service.web.headers import STYLE
from editorial.build.configuration import CHECKED
from editorial.build.packages import openpgp_folder
from editorial.build.search_index import search_index, written_on
from editorial.build.style import style_file, style_of
from editorial.check.inspection import report_language
from editorial.check.rules.as_typed import differences
from editorial.check.rules.markup import judged
from editorial.desk.desk import Desk
from editorial.desk.files import is_published
from editorial.desk.moved import signposts
from editorial.desk.newspapers import is_newspaper
from editorial.desk.page import KNOWN, TEMPLATES
from editorial.desk.page import Page as DeskPage
from editorial.desk.problem import Problem, problems
from editorial.desk.reading import parse_page
from editorial.desk.rendering import PagesAreText
from editorial.desk.shared import as_it_is, linked, named, written

# Warnings in this logger make a strict build fail; each names the page, so an editor sees all faults at once.
log = logging.getLogger("mkdocs.hooks.language")


def is_root(config: MkDocsConfig) -> bool:
    """Tell the Dutch site, at the root of all, from the English one below it."""
    return not config.extra["to_root"]


# What stands above the text and is shown to readers.
FILLED_IN = ("title", "description")
# What a page of each language says for a key.
_facts: dict[str, dict[str, dict[str, str]]] = {}
# What makes HTML of them, and knows what became of the last one.
_texts: dict[str, PagesAreText] = {}
WIDE = re.compile(r"&lt;span class=&quot;wide&quot;&gt;(.*?)&lt;/span&gt;")


@event_priority(100)
def on_config(config: MkDocsConfig) -> None:
    """Give pages and templates the facts in their own language, and the sources, before any plugin looks at them."""
    if CHECKED not in config.extra:
        raise PluginError("Typ: make site. (MkDocs alone would check nothing, and make one language.)")
    language, desk = str(config.theme["language"]), desk_of(config)
    facts = _facts[config.docs_dir] = written(desk.facts, language)
    config.extra["words"] = {name: shown(words, facts) for name, words in config.extra["words"].items()}
    config.extra["readers"] = desk.facts["vereniging"]
    config.extra.update(linked(desk.facts, language))
    config.extra["sources"] = {code: {**source, "newspaper": is_newspaper(source)} for code, source in desk.sources.items()}
    _texts[config.docs_dir] = PagesAreText(facts)
    config.markdown_extensions.append(_texts[config.docs_dir])
    config.theme.get_env = partial(_environment, config.theme.get_env, Path(config.theme.custom_dir or ""))  # type: ignore[method-assign]


def _environment(made: Callable[[], Environment], own: Path) -> Environment:
    """A template engine that lists our own assets alone: the parent theme has 14,000 files, and none of them is shipped."""
    environment = made()
    names = sorted(path.relative_to(own).as_posix() for path in own.rglob("*") if path.is_file())
    environment.list_templates = lambda extensions=None, filter_func=None: [*filter(filter_func, names)]  # type: ignore[method-assign]
    return environment


def shown(words: Any, facts: Mapping[str, Mapping[str, str]]) -> Any:
    """What stands around the pages, as text; only the mark of what a small screen leaves out stays a mark."""
    if isinstance(words, list):
        return [shown(word, facts) for word in words]
    if isinstance(words, dict):
        return {key: shown(word, facts) for key, word in words.items()}
    return WIDE.sub(r'<span class="wide">\1</span>', escape(named(str(words), facts)))


def complain(found: Iterable[Problem]) -> None:
    """Say what is wrong: to whoever builds with MkDocs alone in a line, to our own command as it was found."""
    for problem in found:
        log.warning(refusal(problem), extra={"problem": problem})


def desk_of(config: MkDocsConfig) -> Desk:
    """The desk on which these pages lie."""
    return Desk(Path(config.docs_dir).parent.parent, get_build_datetime().date())


def refusal(problem: Problem) -> str:
    """Why there is no build, in one line."""
    return f"{problem.path}:{problem.finding.line}: {' '.join(problem.sentences(report_language()))}"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Keep out what is neither page nor picture and the parent theme's files, and keep every old address alive."""
    left_behind = {stray.path for stray in desk_of(config).contents.strays}
    for file in list(files):
        folder, path = file.src_dir or "", Path(file.abs_src_path or "")
        stray = folder == config.docs_dir and (path in left_behind or not is_published(Path(folder).parent, path))
        if stray or is_foreign_asset(folder, config) or (is_own_asset(folder, config) and not is_root(config)):
            files.remove(file)
        elif file.src_uri == STYLE:
            files.remove(file)
            files.append(style_file(config))
    for signpost in signposts(config):
        files.append(signpost)
    return files


def is_own_asset(folder: str, config: MkDocsConfig) -> bool:
    """Tell whether a file comes from our own theme folder."""
    return Path(folder) == Path(config.theme.custom_dir or "")


def is_foreign_asset(folder: str, config: MkDocsConfig) -> bool:
    """Tell whether a file comes from a theme that is not ours."""
    return folder in config.theme.dirs and not is_own_asset(folder, config)


def on_page_read_source(page: Page, config: MkDocsConfig) -> str:
    """Leave nothing for MkDocs to read: what the desk read of a page is what is built."""
    return ""


@event_priority(100)
def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Hand over the page as the desk reads it, with the names filled in in what stands above the text."""
    read, facts = _read(page, config), _facts[config.docs_dir]
    meta = {key: value for key, value in read.meta.items() if key in KNOWN}
    page.meta = {key: named(str(value), facts) if key in FILLED_IN else value for key, value in meta.items()}
    if TEMPLATES.get(str(page.meta.get("template"))) != read.slug:
        page.meta.pop("template", None)
    return read.body


def _read(page: Page, config: MkDocsConfig) -> DeskPage:
    language, slug = str(config.theme["language"]), Path(page.file.src_uri).with_suffix("").as_posix()
    read = parse_page(page.file.content_bytes, f"docs/{language}/{page.file.src_uri}", language, slug)
    if not isinstance(read, DeskPage):
        raise PluginError(refusal(read[0]))
    return read


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Refuse what no page may hold and what became something else than was typed; "☐" gives a line a box to tick, no bullet.

    The preview, which is not strict, shows no page that holds it.
    """
    read = _read(page, config)
    unfit = [*problems("markup", read.path, judged(html, read))]
    # What other hooks put in, such as the keys to download, was typed by nobody, but must not end otherwise either.
    built_from = replace(read, body_lines=tuple((page.markdown or "").split("\n")))
    complain([*unfit, *problems("as-typed", read.path, differences(_texts[config.docs_dir].outline, built_from))])
    if unfit and not config.strict:
        raise PluginError(refusal(unfit[0]))
    return as_it_is(html.replace("<li>☐ ", '<li class="tick">'))


def on_env(env: Any, config: MkDocsConfig, files: Files) -> Any:
    """Give the templates a version for asset addresses and an end date for security.txt."""
    env.globals["style"] = style_of(config)
    env.globals["openpgp"] = openpgp_folder()
    env.globals["page_named"] = _pages[config.docs_dir]
    env.globals["version"] = fingerprint(Path(config.theme.custom_dir or "") / "assets")
    # RFC 9116 asks for less than a year; eleven months leave time to notice.
    env.globals["expires"] = (get_build_datetime() + timedelta(days=330)).strftime("%Y-%m-%dT00:00:00Z")
    return env


def fingerprint(folder: Path) -> str:
    """Make a short name that changes whenever an asset changes, so browsers may keep assets for long."""
    content = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    return hashlib.sha256(content).hexdigest()[:8]


# Found once for each language: looked for on each page, the build of 1,000 pages took half as long again.
_pages: dict[str, dict[str, Page]] = {}


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> None:
    """Know the pages of this language by name."""
    _pages[config.docs_dir] = {Path(file.src_uri).stem: file.page for file in files.documentation_pages() if file.page}


def on_page_context(context: dict[str, Any], page: Page, config: MkDocsConfig, nav: Navigation) -> None:
    """Tell the template who has yet to look at this page."""
    context["on_danger"] = _read(page, config).on_danger
    context["unseen"] = unseen(page.meta.get("verify"), config.extra["words"])


# How an open point names who can confirm it, in either language; mkdocs.yml says how readers call them.
CHECKERS = {"police": "politie|police", "prosecution": "OM", "lawyer": "jurist|lawyer", "team": "OT"}


def unseen(verify: Any, words: Mapping[str, str]) -> list[str]:
    """Who has yet to confirm something on this page, in the reader's words: an open point ends with it, in brackets."""
    asked = " ".join(str(point).rpartition("(")[2] for point in verify) if isinstance(verify, list) else ""
    return [words[f"unseen_{who}"] for who, names in CHECKERS.items() if re.search(rf"\b(?:{names})\b", asked)]


# The web server answers with them, as they were built, when the service is away: nobody on the way learns in which language.
BUILT_BYTES = 28 * 1024


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Make the pages that the service fills in as long as each other, by what it takes away again."""
    return output.replace("<!--/page-->", f"<!--{'.' * (BUILT_BYTES - len(output.encode()))}--><!--/page-->")


def on_post_build(config: MkDocsConfig) -> None:
    """Make the search index."""
    # Its time of making would differ from build to build, and robots.txt names the plain one.
    Path(config.site_dir, "sitemap.xml.gz").unlink(missing_ok=True)
    index = Path(config.site_dir, "search", "search_index.json")
    index.parent.mkdir()
    pages = [written_on(page) for page in _pages[config.docs_dir].values()]
    index.write_text(search_index(pages, str(config.theme["language"]), desk_of(config)), "utf-8")
