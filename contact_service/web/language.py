"""The language of the page that is asked for: its address says so, and nothing else."""

from flask import request


def page_language() -> str:
    """The language of the page that is asked for."""
    return "en" if request.path.startswith("/en/") else "nl"
