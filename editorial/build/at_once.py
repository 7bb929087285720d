"""Does the same for several things at once, each in a process of its own.

With pipes alone: the standard library's pools need semaphores, for which a bare root has no place.
"""

import signal
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any


class Ended(Exception):
    """A process ended before it had done its work."""


def at_once(do: Callable[[Any], Any], things: Iterable[Any]) -> Iterator[Any]:
    """Start with all of them now; what is returned waits for what became of each, in their order. Raises Ended then."""
    context = get_context("fork")
    started = []
    for thing in things:
        ours, theirs = context.Pipe(duplex=False)
        # It ends with us, even where nobody asked for what became of it.
        process = context.Process(target=_send, args=(theirs, do, thing), daemon=True)
        process.start()
        # Else nobody would notice that it ended.
        theirs.close()
        started.append((process, ours))
    return _all(started)


def _all(started: list[tuple[Any, Connection]]) -> Iterator[Any]:
    try:
        for process, result in started:
            yield _received(process, result)
    finally:
        # Where one ended, nobody waits for the others.
        for process, _ in started:
            process.terminate()
            process.join()


def _send(result: Connection, do: Callable[[Any], Any], thing: Any) -> None:
    # Ctrl-C ends the one that waits for us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    result.send(do(thing))


def _received(process: Any, result: Connection) -> Any:
    try:
        return result.recv()
    except EOFError:
        raise Ended from None
    finally:
        process.join()
        result.close()
