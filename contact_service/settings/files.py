"""Files of settings, for commands that systemd does not give theirs."""

import re
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from contact_service.settings.environment import SettingsInvalid, add


def read_files(paths: Iterable[str]) -> None:
    """Add the settings of these files to the environment, the last one first as with systemd; what is there already stays.

    Raises SettingsInvalid.
    """
    found: dict[str, str | None] = {}
    for path in paths:
        try:
            content = Path(path).read_text("utf-8-sig")
        except UnicodeError:
            raise SettingsInvalid(f"{path}: is no text in UTF-8") from None
        # To systemd a semicolon begins a comment too.
        content = re.sub(r"^[ \t]*;.*$", "", content, flags=re.MULTILINE)
        for line in parse_stream(StringIO(content)):
            if line.error or "\0" in line.original.string:
                raise SettingsInvalid(f"{path}: line {line.original.line} is not like NAME=value; mind the quotes")
        # A password may hold what would be a variable elsewhere.
        found |= dotenv_values(stream=StringIO(content), interpolate=False)
    add(found)
