"""MkDocs' settings of one language, with the name, the words and the menu as the desk reads them: as text.

MkDocs' own reading would make a number of a label such as 112, and nothing of one such as ~.
"""

from pathlib import Path
from typing import Any

from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig

from editorial.desk.desk import BASES, SETTINGS, frame_of

TOLD = ("site_name", "site_description", "nav")
# By this the hooks know that nobody let MkDocs build alone.
CHECKED = "checked_by_the_desk"


def configuration(root: Path, language: str, **changed: Any) -> MkDocsConfig:
    """Load the settings of a language of the desk in this folder, with these changed. Raises MkDocsException."""
    own = frame_of(root, language)
    told = {name: own[name] for name in TOLD}
    # MkDocs reads the file of programmers alone: it would run what a setting names.
    config = load_config(str(root / BASES[language]), config_file_path=str(root / SETTINGS[language]), **told, **changed)
    config.extra["words"] = own["extra"]["words"]
    config.extra[CHECKED] = True
    if language == "en":
        config.site_url = f"{config.extra['home_url']}en/"
    return config
