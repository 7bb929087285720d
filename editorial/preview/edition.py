"""One language of the site, kept ready so that a page can be made the moment an editor looks at it."""

from pathlib import Path
from typing import Any

from mkdocs.commands.build import get_context
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import get_files, set_exclusions
from mkdocs.structure.nav import get_navigation
from mkdocs.structure.pages import Page

from editorial.build.configuration import configuration
from editorial.build.language import desk_of
from editorial.build.search_index import search_index, written_on


class Edition:
    """The pages of one language, by address. What MkDocs' build does for all pages, this does for one."""

    def __init__(self, config: MkDocsConfig) -> None:
        # Not refused as a whole: a wrong key is shown as it was typed, and the desk says what is wrong.
        self.config = config.plugins.on_config(config)
        files = get_files(self.config)
        self._env = self.config.theme.get_env()
        self._env.auto_reload = True
        self.files = self.config.plugins.on_files(files, config=self.config)
        set_exclusions(self.files, self.config)
        nav = get_navigation(self.files, self.config)
        self._nav = self.config.plugins.on_nav(nav, config=self.config, files=self.files)
        for file in self.files.documentation_pages():
            page = file.page or Page(None, file, self.config)
            # Other pages' titles stand under "read next"; a page that cannot be read has its own report.
            try:
                self._read(page)
            except (OSError, PluginError):
                continue
        self._env = self.config.plugins.on_env(self._env, config=self.config, files=self.files)

    def page(self, address: str) -> Page | None:
        """The page at an address such as `bewijs/`."""
        return next((file.page for file in self.files.documentation_pages() if file.url in (address, address or "./")), None)

    def html(self, page: Page) -> str:
        """Make one page from what its file says now."""
        plugins, config, files = self.config.plugins, self.config, self.files
        self._render(page)
        page.active = True
        try:
            context: Any = get_context(self._nav, files, config, page)
            context = plugins.on_page_context(context, page=page, config=config, nav=self._nav)
            template = self._env.get_template(page.meta.get("template", "main.html"))
            return plugins.on_post_page(template.render(context), page=page, config=config)
        finally:
            page.active = False

    def search_index(self) -> str:
        """What the search of this language finds now; a page that cannot be read is not in it."""
        pages = []
        for page in [file.page for file in self.files.documentation_pages() if file.page and file.abs_src_path]:
            try:
                self._render(page)
            except Exception:  # noqa: BLE001, S112 - whatever a half-written page does, its own report says it
                continue
            pages.append(written_on(page))
        return search_index(pages, str(self.config.theme["language"]), desk_of(self.config))

    def _read(self, page: Page) -> None:
        page.read_source(self.config)
        page.markdown = self.config.plugins.on_page_markdown("", page=page, config=self.config, files=self.files)

    def _render(self, page: Page) -> None:
        plugins, config, files = self.config.plugins, self.config, self.files
        self._read(page)
        page.render(config, files)
        page.content = plugins.on_page_content(page.content or "", page=page, config=config, files=files)


# Each language by the start of its addresses; the longest first.
LANGUAGES = {"en/": "en", "": "nl"}


def edition(root: Path, prefix: str) -> Edition:
    """The language whose addresses start like this."""
    return Edition(configuration(root, LANGUAGES[prefix], site_dir=str(root / "var/preview" / prefix), strict=False))


def stamp(root: Path) -> tuple[object, ...]:
    """Changes when more than the text of a page changed: settings, facts, the style, or which pages there are."""
    settings = sorted([*root.glob("*.yml"), *root.glob("docs/*.yml"), *root.glob("overrides/assets/*.css")])
    return (*(path.stat().st_mtime_ns for path in settings), *sorted(root.glob("docs/??/**/*.md")))
