"""What a newcomer mistypes before `make run` is told in words that say what to type."""

import socket
from pathlib import Path

import pytest

from deploy.demo.inbox import show
from deploy.demo.prepare import must_be_free, port_of


@pytest.mark.parametrize("text", ["", "abc", "0", "-1", "65535", "70000", "80 80", "8000.0", "\u0662"])
def test_a_port_that_is_none_is_told(text: str) -> None:
    with pytest.raises(SystemExit, match=f"PORT={text} is no port .* make run PORT=8000"):
        port_of(text)


@pytest.mark.parametrize("above", [0, 1])
def test_a_port_that_something_else_has_is_told_before_anything_starts(above: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with pytest.raises(
            SystemExit, match=f"Port {taken} cannot be used: Address already in use. Try another: make run PORT="
        ):
            must_be_free(taken - above)


def test_an_inbox_before_there_are_advisers_says_what_comes_first(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="First: make run"):
        show(tmp_path / "mail", tmp_path / "advisers")
