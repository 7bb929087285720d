"""Files of settings, for commands that systemd does not give theirs."""

from collections.abc import Iterable
from io import StringIO
from pathlib import Path

from dotenv import load_dotenv
from dotenv.parser import parse_stream

from contact_service.settings.environment import SettingsInvalid


def read_files(paths: Iterable[str]) -> None:
    """Add the settings of these files to the environment, as systemd reads them; what is there already stays.

    Raises SettingsInvalid.
    """
    for path in paths:
        try:
            content = Path(path).read_text("utf-8-sig")
        except UnicodeError:
            raise SettingsInvalid(f"{path}: is no text in UTF-8") from None
        for line in parse_stream(StringIO(content)):
            if line.error or "\0" in line.original.string:
                raise SettingsInvalid(f"{path}: line {line.original.line} is not like NAME=value; mind the quotes")
        # A password may hold what would be a variable elsewhere.
        load_dotenv(stream=StringIO(content), interpolate=False)
