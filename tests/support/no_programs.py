"""A pytest plugin for `make quick`: a test that starts a program, and is not marked so, fails and says which.

gpg and git are no such programs: without them the service encrypts nothing, and the desk knows no page's history.
"""

import os
import sys
from collections.abc import Generator
from typing import Any

import pytest

OUR_TOOLS = {"gpg", "gpgconf", "git"}
Step = Generator[None, Any, Any]

_started: set[str] = set()
# What fixtures started that live on: no test that uses one is quick for coming second.
_by_fixture: dict[str, set[str]] = {}


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "subprocess.Popen":
        _started.add(os.path.basename(os.fsdecode(arguments[0])))


def pytest_configure() -> None:
    sys.addaudithook(_note)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Step:
    before = _started.copy()
    try:
        return (yield)
    finally:
        if fixturedef.scope != "function":
            _by_fixture.setdefault(fixturedef.argname, set()).update(_started - before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Step:
    _started.clear()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Function) -> Step:
    outcome = yield
    started = _started.union(*(_by_fixture.get(name, ()) for name in item.fixturenames)) - OUR_TOOLS
    if started:
        pytest.fail(f"It starts {', '.join(sorted(started))}: mark it as `program`.", pytrace=False)
    return outcome
