"""How the web server runs; `gunicorn 'app:create_app()'` reads this file by itself.

One process with many threads: a wallboard's stream holds a thread, and threads over the stream cap stay free for
callers and pages. In production set WEB_PROCESSES=2 or more behind a proxy; the cap counts per process.

The listening socket may be somebody else's, who outlives us: `run.py` hands its own down, systemd
does it by socket activation. Then nobody is turned away while the server restarts.
"""

import gc
import logging
import os

from hotline import logs
from workers import supervisor

held = os.environ.get(supervisor.SOCKET)
bind = f"fd://{held}" if held else f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8320')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_PROCESSES", "1"))
threads = int(os.environ.get("WEB_THREADS", "400"))
worker_connections = threads + 1000
backlog = 512
keepalive = 65
timeout = 60
graceful_timeout = 5
control_socket_disable = True
accesslog = None
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
limit_request_line = 8190
limit_request_fields = 100


def on_starting(_server: object) -> None:
    """The server's own messages pass through the same formatter as everybody's."""
    for handler in logging.getLogger("gunicorn.error").handlers:
        handler.setFormatter(logs.formatter())


def post_fork(_server: object, _worker: object) -> None:
    logs.configure()


def post_worker_init(_worker: object) -> None:
    """What the application is made of stays: the garbage collector need not walk through it again."""
    gc.freeze()
