"""How gunicorn runs the web process. One submission at a time per worker: encryption is a process of its own, and a worker
that hangs with it is ended by the timeout."""

import gc
import sys
from typing import Any

workers = 3
worker_class = "sync"
timeout = 30
# Heartbeat files on a memory file system: a slow disk must not look like a hanging worker.
worker_tmp_dir = "/dev/shm"
# No access log: it would hold addresses. The error log holds what the service says.
accesslog = None
# nginx alone says how long an address may be (over HTTP/2 32 KiB): past a limit of its own gunicorn answers with a bare page.
limit_request_line = 0
# gunicorn 27 opens a control socket in the home folder by default.
control_socket_disable = True
# Once for all workers, which then share its memory.
preload_app = True


def worker_abort(_worker: Any) -> None:
    """Let the service itself answer for a request that took too long, with what was typed; gunicorn's page says nothing."""
    raise RuntimeError("the request took too long")


def when_ready(_server: Any) -> None:
    """Keep the garbage collector, which writes to all that it looks at, away from what the workers share."""
    gc.collect()
    gc.freeze()


def on_reload(server: Any) -> None:
    """Read settings, advisers and keys anew, which gunicorn leaves out when it preloads. What is broken replaces nothing."""
    former, module = server.app.callable, server.app.app_uri.partition(":")[0]
    gc.unfreeze()
    server.app.callable, loaded = None, sys.modules.pop(module)
    try:
        server.app.wsgi()
    except Exception as fault:
        server.app.callable, sys.modules[module] = former, loaded
        server.log.error("The reload changed nothing: %s", fault)
    # What is still named would be kept for good, and with it the lock on the former keyring.
    del former, loaded
    when_ready(server)
