"""Platforms and their keys to the exchange door."""

import base64
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import select, update

from hotline import audit, clock
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound, NotSignedIn, Refused
from hotline.workorders import posting
from hotline.workorders.codes import Source
from hotline.workorders.exchange_models import Platform, PlatformToken

LONGEST = timedelta(days=730)
SEEN_EVERY = timedelta(minutes=5)
SECRET_MARK = "whsec_"  # noqa: S105


class Scope(StrEnum):
    WRITE = "orders:write"
    READ = "orders:read"
    FILES = "files:write"
    CITY = "city:write"


SCOPE_LABEL: dict[Scope, str] = {
    Scope.WRITE: "推送工单",
    Scope.READ: "查询状态",
    Scope.FILES: "上传附件",
    Scope.CITY: "填报地市数据",
}


@dataclass(frozen=True)
class Caller:
    """A platform that has proved who it is, and what its key allows."""

    platform_id: int
    name: str
    source: Source
    city_code: str | None
    scopes: frozenset[Scope]
    touch_due: bool = False

    def needs(self, scope: Scope) -> None:
        """Raise Refused without this right."""
        if scope not in self.scopes:
            raise Refused(f"令牌没有“{SCOPE_LABEL[scope]}”权限")


def add(name: str, source: Source, *, callback_url: str = "", city_code: str | None = None) -> Platform:
    """A new platform, with a secret to sign what is pushed to it. SELF orders come from no platform."""
    if source is Source.SELF:
        raise Invalid("自接工单没有外部平台", fields={"source": ["请选择外部来源"]})
    if session.scalar(select(Platform.id).where(Platform.name == name)):
        raise Conflict("已有同名平台")
    made = Platform(name=name, source=source, city_code=city_code, secret=_fresh_secret())
    call_back(made, callback_url)
    session.add(made)
    session.flush()
    audit.record("platform.add", f"platform:{made.id}")
    return made


def call_back(platform: Platform, url: str) -> None:
    """Where events are pushed to; empty: nowhere."""
    if url:
        posting.target(url)
    platform.callback_url = url


def _fresh_secret() -> str:
    """As Standard Webhooks spells a key: the mark, then its bytes in base64."""
    return SECRET_MARK + base64.b64encode(secrets.token_bytes(32)).decode()


def signing_key(platform: Platform) -> bytes:
    """The bytes that events of this platform are signed with."""
    return base64.b64decode((platform.secret or "").removeprefix(SECRET_MARK))


def renew_secret(platform: Platform) -> str:
    """Another signing secret, told once; from now on events are signed with it alone."""
    platform.secret = secret = _fresh_secret()
    audit.record("platform.secret", f"platform:{platform.id}")
    return secret


def every() -> Sequence[Platform]:
    return session.scalars(select(Platform).order_by(Platform.name)).all()


def find(platform_id: int) -> Platform:
    found = session.get(Platform, platform_id)
    if found is None:
        raise NotFound("没有这个平台")
    return found


def named(name: str) -> Platform:
    found = session.scalar(select(Platform).where(Platform.name == name))
    if found is None:
        raise NotFound(f"没有名为“{name}”的平台")
    return found


def enable(platform: Platform, enabled: bool) -> None:
    """A disabled platform delivers nothing and is told nothing."""
    platform.disabled_at = None if enabled else clock.now()
    audit.record("platform.enable" if enabled else "platform.disable", f"platform:{platform.id}")


def issue(
    platform: Platform, label: str, scopes: Iterable[Scope], *, days: int = 365, by_id: int | None = None
) -> tuple[str, PlatformToken]:
    """A new key; its text is told once and never kept."""
    life = timedelta(days=days)
    wanted = sorted(set(scopes))
    if not wanted or not timedelta(0) < life <= LONGEST:
        raise Invalid("请选择权限，有效期不超过两年")
    text, at = f"hx_{secrets.token_urlsafe(32)}", clock.now()
    made = PlatformToken(
        platform_id=platform.id,
        label=label,
        token_hash=_digest(text),
        scopes=[scope.value for scope in wanted],
        made_at=at,
        made_by_id=by_id,
        expires_at=at + life,
    )
    session.add(made)
    session.flush()
    audit.record("token.issue", f"token:{made.id}", platform=platform.id, scopes=made.scopes)
    return text, made


def tokens(platform_id: int) -> Sequence[PlatformToken]:
    of_platform = select(PlatformToken).where(PlatformToken.platform_id == platform_id)
    return session.scalars(of_platform.order_by(PlatformToken.id.desc())).all()


def revoke(platform_id: int, token_id: int) -> None:
    """The key opens nothing from now on."""
    found = session.scalar(
        select(PlatformToken).where(PlatformToken.id == token_id, PlatformToken.platform_id == platform_id)
    )
    if found is None:
        raise NotFound("没有这个令牌")
    found.revoked_at = found.revoked_at or clock.now()
    audit.record("token.revoke", f"token:{found.id}")


def recognise(text: str) -> Caller:
    """Who holds this key. Raises NotSignedIn for a key that is unknown, revoked, expired or of a disabled platform."""
    now = clock.now()
    row = session.execute(
        select(PlatformToken, Platform)
        .join(Platform, Platform.id == PlatformToken.platform_id)
        .where(PlatformToken.token_hash == _digest(text))
    ).first()
    if row is None:
        raise NotSignedIn("令牌无效")
    token, platform = row
    if token.revoked_at or token.expires_at <= now or platform.disabled_at:
        raise NotSignedIn("令牌已失效")
    scopes = frozenset(Scope(scope) for scope in token.scopes)
    touch_due = token.used_at is None or token.used_at < now - SEEN_EVERY
    return Caller(platform.id, platform.name, platform.source, platform.city_code, scopes, touch_due)


def seen(text: str) -> None:
    """Note that a key is in use, at most every few minutes."""
    now = clock.now()
    stale = PlatformToken.used_at.is_(None) | (PlatformToken.used_at < now - SEEN_EVERY)
    session.execute(update(PlatformToken).where(PlatformToken.token_hash == _digest(text), stale).values(used_at=now))


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
