"""What the editor shows of a page and a list, and the code host that it speaks to."""

from typing import Any

# What can be asked of a value, so that a slip is seen while it is typed; the check is the judge.
DAY = ["^\\d{4}-\\d{2}-\\d{2}$", "Schrijf jaar, maand en dag, zoals 2027-05-24."]
SAME = "duplicate"


def field(name: str, label: str, widget: str = "string", hint: str = "", **more: Any) -> dict[str, Any]:
    """A field of a page; what no field shows stays as it is, byte for byte."""
    told = {"hint": hint} if hint else {}
    return {"name": name, "label": label, "widget": widget, "i18n": True, "required": False, **told, **more}


def lines(name: str, label: str, one: str, hint: str = "", **more: Any) -> dict[str, Any]:
    """A list of texts. Without the name of its entries, a page would count as changed as soon as it is opened."""
    return field(name, label, "list", hint, collapsed=True, field={"name": "entry", "label": one, "widget": "string"}, **more)


PAGE = [
    field("title", "Titel", required=True),
    field("description", "Omschrijving", "text", "Eén zin van 20 tot 155 tekens."),
    field("body", "Tekst", "text"),
    field(
        "confirmed", "De Engelse tekst klopt met de Nederlandse", "boolean", "Zet dit aan als u beide hebt gelezen.", i18n=False
    ),
    lines("verify", "Nog na te vragen", "Vraag", "Achteraan tussen haakjes bij wie."),
    lines("keywords", "Zoekwoorden", "Woord"),
    lines("sources", "Bronnen", "Code", "Codes uit de lijst met bronnen.", i18n=SAME),
    lines("related", "Lees ook", "Pagina", "Namen van bestanden, zonder .md.", i18n=SAME),
    field("owner", "Verantwoordelijk"),
    field("reviewed", "Nagekeken op", i18n=SAME, pattern=DAY),
    field("review_by", "Volgende controle", i18n=SAME, pattern=DAY),
]
LISTS = {
    "docs/facts.yml": "Nummers, namen en adressen",
    "docs/sources.yml": "Bronnen",
    "docs/words.nl.yml": "Zoekwoorden, Nederlands",
    "docs/words.en.yml": "Zoekwoorden, Engels",
    "mkdocs.yml": "Menu en woorden, Nederlands",
    "mkdocs.en.yml": "Menu en woorden, Engels",
}
COLLECTIONS = [
    {
        "name": "pages", "label": "Pagina's", "label_singular": "Pagina", "folder": "docs", "extension": "md",
        "format": "page-frontmatter", "create": True, "delete": False, "i18n": True, "slug": "{{title}}",
        "identifier_field": "title", "summary": "{{title}}", "fields": PAGE, "preview_path": "{{slug}}/",
    },
    {
        "name": "lists", "label": "Lijsten", "format": "list",
        "files": [
            {"name": path.replace("/", "-").replace(".", "-"), "label": label, "file": path,
             "fields": [{"name": "text", "label": "Inhoud", "widget": "text"}]}
            for path, label in LISTS.items()
        ],
    },
]  # fmt: skip
# For each host: its name in the editor, where its API is below its address, and how a save becomes a proposal.
HOSTS: dict[str, dict[str, Any]] = {
    "forgejo": {"name": "gitea", "api": "/api/v1"},
    "gitlab": {"name": "gitlab", "api": "/api/v4", "auth_type": "pkce"},
    "github": {"name": "github", "api": ""},
}
# Where a save is a commit, it goes to a branch that is not published; elsewhere each save is a proposal of its own.
DRAFTS = "redactie"


def configuration(host: str, repository: str, address: str, app: str = "", preview: str = "") -> dict[str, Any]:
    """The settings for a code host. Raises KeyError for one that is not known."""
    known = dict(HOSTS[host])
    api = known.pop("api")
    own = {"base_url": address, "api_root": f"{address}{api}"} if host != "github" else {}
    backend = {**known, "repo": repository, **own, **({"app_id": app} if app else {})}
    proposes = host in ("gitlab", "github")
    return {
        "backend": backend | {"branch": "main" if proposes else DRAFTS},
        **({"publish_mode": "editorial_workflow"} if proposes else {}),
        **({"site_url": preview} if preview else {}),
        # The other language stands beside the one that is edited; what a page will look like, the preview and the report show.
        "editor": {"preview": False},
        "media_folder": "docs/nl/img",
        "public_folder": "img",
        "i18n": {"structure": "multiple_folders", "locales": ["nl", "en"], "default_locale": "nl"},
        "slug": {"encoding": "ascii", "clean_accents": True},
        "collections": COLLECTIONS,
    }
