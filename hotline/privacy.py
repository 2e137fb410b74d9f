"""Personal data: encrypted at rest, searchable by keyed hash, masked on screen.

AES-256-GCM with a key id and a fresh nonce per value; the column's label is bound in as associated data,
so that a value moved to another column does not open. Basis: PIPL art. 51; masking per `docs/glossary.md`.
"""

import hmac
import os
import re
from base64 import urlsafe_b64decode
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

_keys: dict[str, AESGCM] = {}
_newest = ""
_index_key = b""


def configure(keys: tuple[str, ...]) -> None:
    """Install the data keys, `name:base64(32 bytes)`, newest first. The oldest one keys the search hashes."""
    global _newest, _index_key
    _keys.clear()
    for key in keys:
        name, _, material = key.partition(":")
        _keys[name] = AESGCM(urlsafe_b64decode(material))
        _index_key = sha256(b"index" + urlsafe_b64decode(material)).digest()
    _newest = keys[0].partition(":")[0]


def seal(data: bytes, label: str) -> bytes:
    nonce = os.urandom(12)
    return _newest.encode() + b"\x00" + nonce + _keys[_newest].encrypt(nonce, data, label.encode())


def unseal(blob: bytes, label: str) -> bytes:
    """Raises KeyError for an unknown key and InvalidTag for a value that was altered or moved."""
    name, _, rest = blob.partition(b"\x00")
    return _keys[name.decode()].decrypt(rest[:12], rest[12:], label.encode())


def encrypt(text: str, label: str) -> bytes:
    return seal(text.encode(), label)


def decrypt(blob: bytes, label: str) -> str:
    """Raises as `unseal` does."""
    return unseal(blob, label).decode()


def key_name(blob: bytes) -> str:
    """Which key a stored value was encrypted with."""
    return blob.partition(b"\x00")[0].decode()


def keyed_hash(text: str) -> str:
    """64 hex digits by which an encrypted value is found again: HMAC-SHA256 under the index key."""
    return hmac.new(_index_key, text.encode(), sha256).hexdigest()


class Encrypted(TypeDecorator[str]):
    """A text column that the database sees only encrypted. `label` names the column: `table.column`."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, label: str) -> None:
        super().__init__()
        self.label = label

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else encrypt(value, self.label)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else decrypt(bytes(value), self.label)


_LONG_SURNAMES = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯")


def mask_phone(number: str | None) -> str:
    """`13800001234` → `138****1234`; a landline keeps area code and last four; short numbers stay."""
    if not number:
        return ""
    if len(number) == 11 and number.isdigit():
        return f"{number[:3]}****{number[-4:]}"
    digits = re.sub(r"\D", "", number)
    if len(digits) < 8:
        return number
    area = re.match(r"(0\d{2,3})-", number)
    if area:
        return f"{area[1]}-****{digits[-4:]}"
    return f"{digits[:3]}****{digits[-4:]}"


def mask_name(name: str | None) -> str:
    """`张三` → `张*`, `欧阳娜娜` → `欧阳**`."""
    if not name:
        return ""
    kept = 2 if name.startswith(_LONG_SURNAMES) and len(name) > 2 else 1
    return name[:kept] + "*" * (len(name) - kept)


def mask_identity(number: str | None) -> str:
    """First six and last four of an identity number stay."""
    if not number or len(number) < 11:
        return "*" * len(number or "")
    return number[:6] + "*" * (len(number) - 10) + number[-4:]
