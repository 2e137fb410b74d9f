"""One request to another house: to the very address that was looked at, in production never inside, no redirect."""

import http.client
import ipaddress
import re
import socket
import ssl
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network
from urllib.parse import SplitResult, urlsplit

from hotline.config import Config
from hotline.errors import HotlineError, Invalid

SECONDS = 10
WRITTEN = re.compile(r"[!-~]+")
NAME = re.compile(r"[0-9A-Za-z_.-]{1,253}")
PUBLIC = IPv6Network("2000::/3")
TUNNELS = IPv6Network("2002::/16")
"""6to4: a way to an address of the old kind, whichever."""


@dataclass(frozen=True)
class Parcel:
    """One event ready to be sent."""

    url: str
    content: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """What the other side said: a status, or why there was none."""

    status: int | None
    error: str = ""


@dataclass(frozen=True)
class Target:
    """An address taken apart: where to go, what to ask for."""

    host: str
    port: int
    path: str
    shown: str
    sealed: bool


_inside = False


def configure(config: Config) -> None:
    """In production nothing is sent to an address inside; a demonstration has nobody outside to talk to."""
    global _inside
    _inside = not config.production


def target(url: str) -> Target:
    """The address taken apart. Raises Invalid for one that no request can go to."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as fault:
        raise _invalid("主机或端口写法有误") from fault
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        raise _invalid("应为 http(s):// 开头的完整地址，不含用户名")
    if not WRITTEN.fullmatch(url):
        raise _invalid("含有空格或汉字，请按 %XX 或 xn-- 写法填写")
    if port == 0 or not _is_host(parts):
        raise _invalid("主机或端口写法有误")
    sealed = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(host, port or (443 if sealed else 80), path, parts.netloc, sealed)


def _invalid(why: str) -> Invalid:
    return Invalid(f"回调地址无效：{why}", fields={"callback_url": [why]})


def _is_host(parts: SplitResult) -> bool:
    """A name whose labels a name server takes, or an address in brackets."""
    host = parts.hostname or ""
    if "[" not in parts.netloc:
        labels = host.removesuffix(".").split(".")
        return bool(NAME.fullmatch(host)) and all(0 < len(label) < 64 for label in labels)
    try:
        return bool(IPv6Address(host))
    except ValueError:
        return False


def send(parcel: Parcel) -> Answer:
    """One request. Whatever goes wrong on the way is an answer too."""
    try:
        to = target(parcel.url)
        found = _addresses(to)
        if not _inside and not all(map(outside, found)):
            return Answer(None, "回调地址指向内部网络，已拒绝")
        with closing(_connected(to, found)) as connection:
            connection.request("POST", to.path, parcel.content, {"Host": to.shown, **parcel.headers})
            status = connection.getresponse().status
    except HotlineError as fault:
        return Answer(None, fault.message)
    except (OSError, http.client.HTTPException, ValueError) as fault:
        return Answer(None, type(fault).__name__)
    return Answer(status, "" if status < 300 else f"HTTP {status}")


def _addresses(to: Target) -> Sequence[str]:
    """Where the name leads, asked once: what is looked at is what is gone to."""
    found = socket.getaddrinfo(to.host, to.port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def outside(address: str) -> bool:
    """Whether an address belongs to the public net, in its own right: none that leads on to another one."""
    found = ipaddress.ip_address(address)
    if isinstance(found, IPv6Address):
        plain = found.ipv4_mapped
        if plain is None:
            return found in PUBLIC and found not in TUNNELS and found.is_global
        found = plain
    return found.is_global and not found.is_multicast


def _connected(to: Target, addresses: Sequence[str]) -> http.client.HTTPConnection:
    """A connection to the first of the addresses that takes one; the certificate must be of the name."""
    line = _line(addresses, to.port)
    if to.sealed:
        line = ssl.create_default_context().wrap_socket(line, server_hostname=to.host)
    connection = http.client.HTTPConnection(to.host, to.port, timeout=SECONDS)
    connection.sock = line
    return connection


def _line(addresses: Sequence[str], port: int) -> socket.socket:
    for address in addresses[:-1]:
        try:
            return socket.create_connection((address, port), SECONDS)
        except OSError:
            continue
    return socket.create_connection((addresses[-1], port), SECONDS)
