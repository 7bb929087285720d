"""How gunicorn runs the web process. One submission at a time per worker: encryption is a process of its own, and a worker
that hangs with it is ended by the timeout."""

workers = 3
worker_class = "sync"
timeout = 30
# Heartbeat files on a memory file system: a slow disk must not look like a hanging worker.
worker_tmp_dir = "/dev/shm"
# No access log: it would hold addresses. The error log holds what the service says.
accesslog = None
# gunicorn 27 opens a control socket in the home folder by default.
control_socket_disable = True
