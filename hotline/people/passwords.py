"""Passwords: hashed with argon2id, judged by the level-3 profile of GB/T 22239 (等保三级)."""

import os
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from hotline.errors import Invalid

SHORTEST = 8
LONGEST = 128
KINDS_NEEDED = 3
REMEMBERED = 5

COMMON_CORES = (
    *("password", "passw0rd", "p@ssword", "p@ssw0rd", "pass1234", "pa55word", "admin", "administrator", "welcome"),
    *("letmein", "qwerty", "asdfgh", "zxcvbn", "1qaz2wsx", "1q2w3e", "iloveyou", "woaini", "changeme", "changeit"),
    *("abc123", "abcd1234", "a123456", "aa123456", "abcdef", "123456", "1234567", "12345678", "654321", "111111"),
    *("888888", "666666", "000000", "5201314", "dragon", "monkey", "football", "baseball", "superman", "sunshine"),
    *("princess", "master", "shadow", "michael", "jordan", "trustno1", "hello123", "test1234", "huawei", "nanjing"),
    *("jiangsu", "hotline", "12320"),
)

_hasher = PasswordHasher()
_decoy = ""
_turns = threading.BoundedSemaphore(max(1, (os.cpu_count() or 1) // 2))
"""Half the cores at most hash at once, however many sign in: the telephone keeps the others."""


def use(hasher: PasswordHasher) -> None:
    """Hash with other costs (stronger on a large server, cheap in tests)."""
    global _hasher, _decoy
    _hasher, _decoy = hasher, ""


def hash_of(password: str) -> str:
    with _turns:
        return _hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether `password` is the one; takes as long when there is no account (`None`)."""
    global _decoy
    if not _decoy:
        _decoy = hash_of("decoy")
    try:
        with _turns:
            return _hasher.verify(password_hash or _decoy, password) and password_hash is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def outdated(password_hash: str) -> bool:
    """Whether the hash was made with other costs than today's."""
    return _hasher.check_needs_rehash(password_hash)


def _kinds(password: str) -> int:
    tests = (str.islower, str.isupper, str.isdigit, lambda letter: not letter.isalnum())
    return sum(any(test(letter) for letter in password) for test in tests)


def _is_common(password: str, login: str) -> bool:
    """What is left when the well-known core or the login is taken out is too little to keep anybody away."""
    lowered = password.lower()
    cores = [core for core in (*COMMON_CORES, login.lower()) if len(core) > 2 and core in lowered]
    return any(len(lowered.replace(core, "")) < SHORTEST - 2 for core in cores)


def judge(password: str, login: str) -> None:
    """Raise Invalid, saying what the profile wants, when `password` does not meet it."""
    rules = [
        (len(password) < SHORTEST, f"密码至少 {SHORTEST} 位"),
        (len(password) > LONGEST, f"密码不超过 {LONGEST} 位"),
        (_kinds(password) < KINDS_NEEDED, "密码须含大写字母、小写字母、数字、符号中的三类"),
        (len(set(password)) < SHORTEST // 2, "密码中重复字符过多"),
        (_is_common(password, login), "密码过于常见或包含登录名，请换一个"),
    ]
    broken = [message for is_broken, message in rules if is_broken]
    if broken:
        raise Invalid("；".join(broken), fields={"password": broken})
