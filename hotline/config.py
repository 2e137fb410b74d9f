"""Configuration: read once from the environment, checked, then passed around as a value."""

import os
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
DEMO_SECRET = "demo-only-" + "0" * 40  # noqa: S105  refused in production
DEMO_KEY = "demo:" + "ZGVtby1vbmx5LWRlbW8tb25seS1kZW1vLW9ubHktMDA="
DEMO_ACCOUNT = "AC" + "0" * 32
DEMO_TOKEN = "demo-token-demo-token-demo-token"  # noqa: S105


class BadConfiguration(Exception):
    """The house does not start; each line of the message says what to set."""


@dataclass(frozen=True)
class Config:
    """Every setting of the product. `.env.example` and the README's table list the same names."""

    mode: str = "demo"
    secret_key: str = DEMO_SECRET
    data_keys: tuple[str, ...] = (DEMO_KEY,)
    database_url: str = ""
    redis_url: str = ""
    data_dir: Path = ROOT / "var"
    public_base_url: str = "http://127.0.0.1:8320"
    provider: str = "simulator"
    simulator_url: str = "http://127.0.0.1:8321"
    twilio_account_sid: str = DEMO_ACCOUNT
    twilio_auth_tokens: tuple[str, ...] = (DEMO_TOKEN,)
    twilio_api_key: str = ""
    twilio_api_secret: str = ""
    twilio_app_sid: str = "AP" + "0" * 32
    outside_trunk: str = ""
    outside_caller_id: str = "caller"
    line_number: str = "12320"
    line_name: str = "南京12320卫生热线"
    home_city: str = "320100"
    home_name: str = "南京"
    province: str = "320000"
    province_line: str = "全省12320"
    service_level: str = "a"
    stream_cap: int = 300
    idle_minutes: int = 15
    session_hours: int = 12
    proxies: int = 0
    trusted_hosts: tuple[str, ...] = ()
    metrics_token: str = ""
    recording_dir: Path = field(default=ROOT / "var" / "recordings")
    debug: bool = False

    @property
    def production(self) -> bool:
        return self.mode == "production"

    @property
    def telephone_sources(self) -> str:
        """Where the browser's telephone may connect to besides this house (for the content security policy)."""
        if self.provider == "simulator":
            return self.simulator_url
        return "https://*.twilio.com wss://*.twilio.com"

    @property
    def attachments_dir(self) -> Path:
        return self.data_dir / "attachments"

    @property
    def prompts_dir(self) -> Path:
        """Recorded prompts of the voice menu."""
        return self.data_dir / "prompts"


def redis_socket(data_dir: Path) -> Path:
    """Where the embedded Redis listens. A unix socket's path has about 100 characters, so deep folders use /tmp."""
    path = data_dir / "redis" / "redis.sock"
    if len(str(path).encode()) < 100:
        return path
    return Path("/tmp") / f"hotline-{sha256(str(path).encode()).hexdigest()[:12]}" / "redis.sock"  # noqa: S108


def _tuple(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _number(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name) or str(default)
    if not text.isdecimal():
        raise BadConfiguration(f"{name} must be a whole number, not {text!r}")
    return int(text)


def from_environment(env: Mapping[str, str] = os.environ) -> Config:
    """Read the environment. Raises BadConfiguration when production would start unsafe."""
    data_dir = Path(env.get("DATA_DIR") or ROOT / "var").resolve()
    config = Config(
        mode=env.get("HOTLINE_MODE") or "demo",
        secret_key=env.get("SECRET_KEY") or DEMO_SECRET,
        data_keys=_tuple(env.get("DATA_KEYS", "")) or (DEMO_KEY,),
        database_url=env.get("DATABASE_URL") or f"sqlite:///{data_dir / 'hotline.db'}",
        redis_url=env.get("REDIS_URL") or f"unix://{redis_socket(data_dir)}",
        data_dir=data_dir,
        public_base_url=(env.get("PUBLIC_BASE_URL") or Config.public_base_url).rstrip("/"),
        provider=env.get("PROVIDER") or "simulator",
        simulator_url=(env.get("SIMULATOR_URL") or Config.simulator_url).rstrip("/"),
        twilio_account_sid=env.get("TWILIO_ACCOUNT_SID") or DEMO_ACCOUNT,
        twilio_auth_tokens=_tuple(env.get("TWILIO_AUTH_TOKENS", "")) or (DEMO_TOKEN,),
        twilio_api_key=env.get("TWILIO_API_KEY", ""),
        twilio_api_secret=env.get("TWILIO_API_SECRET", ""),
        twilio_app_sid=env.get("TWILIO_APP_SID") or Config.twilio_app_sid,
        outside_trunk=env.get("OUTSIDE_TRUNK", "").strip(),
        outside_caller_id=env.get("OUTSIDE_CALLER_ID") or Config.outside_caller_id,
        line_number=env.get("LINE_NUMBER") or Config.line_number,
        line_name=env.get("LINE_NAME") or Config.line_name,
        home_city=env.get("HOME_CITY") or Config.home_city,
        home_name=env.get("HOME_NAME") or Config.home_name,
        province=env.get("PROVINCE") or Config.province,
        province_line=env.get("PROVINCE_LINE") or Config.province_line,
        service_level=env.get("SERVICE_LEVEL") or Config.service_level,
        stream_cap=_number(env, "STREAM_CAP", Config.stream_cap),
        idle_minutes=_number(env, "IDLE_MINUTES", Config.idle_minutes),
        session_hours=_number(env, "SESSION_HOURS", Config.session_hours),
        proxies=_number(env, "PROXY_COUNT", Config.proxies),
        trusted_hosts=_tuple(env.get("TRUSTED_HOSTS", "")),
        metrics_token=env.get("METRICS_TOKEN", ""),
        recording_dir=Path(env.get("RECORDING_DIR") or data_dir / "recordings"),
        debug=env.get("FLASK_DEBUG", "0") not in ("", "0", "false"),
    )
    check(config)
    return config


def _key_is_good(key: str) -> bool:
    name, _, material = key.partition(":")
    try:
        return bool(name) and len(urlsafe_b64decode(material)) == 32
    except ValueError:
        return False


def _redis_is_open(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme != "unix" and not parts.password


def check(config: Config) -> None:
    """Raise BadConfiguration naming every fault at once; each line says what to set."""
    faults = []
    if config.mode not in ("demo", "production", "test"):
        faults.append("HOTLINE_MODE must be demo, production or test")
    if config.provider not in ("simulator", "twilio"):
        faults.append("PROVIDER must be simulator or twilio")
    if config.service_level not in ("a", "b", "c", "d", "e"):
        faults.append("SERVICE_LEVEL must be one of a, b, c, d, e")
    if not all(_key_is_good(key) for key in config.data_keys):
        faults.append("DATA_KEYS must be name:base64 of 32 bytes, newest first, comma separated")
    faults += _outside_faults(config)
    if config.production:
        faults += _production_faults(config)
    if faults:
        raise BadConfiguration("\n".join(faults))


TRUNK = re.compile(r"sips?:\{number\}@[A-Za-z0-9.-]+(:\d{1,5})?(;[A-Za-z0-9._=-]+)*")
PUBLIC_NETWORK = "{number}"


def _outside_faults(config: Config) -> list[str]:
    """How outside parties are dialled: over a SIP trunk, by Twilio's own public network, or (empty) not at all."""
    by_twilio = config.outside_trunk == PUBLIC_NETWORK
    rules = [
        (
            bool(config.outside_trunk) and not by_twilio and not TRUNK.fullmatch(config.outside_trunk),
            "OUTSIDE_TRUNK must be sip:{number}@host, sips:{number}@host:port or {number}, or empty",
        ),
        (config.outside_caller_id not in ("caller", "line"), "OUTSIDE_CALLER_ID must be caller or line"),
        (
            by_twilio and config.provider == "twilio" and config.outside_caller_id == "caller",
            "OUTSIDE_CALLER_ID must be line with OUTSIDE_TRUNK={number}: Twilio shows only numbers of the account",
        ),
    ]
    return [message for broken, message in rules if broken]


def _production_faults(config: Config) -> list[str]:
    weak_secret = len(config.secret_key) < 32 or len(set(config.secret_key)) < 10
    rules = [
        (config.secret_key == DEMO_SECRET or weak_secret, "SECRET_KEY must be set, 32 random characters or more"),
        (DEMO_KEY in config.data_keys, "DATA_KEYS must be set to keys of your own"),
        (config.debug, "FLASK_DEBUG must be off"),
        (not config.public_base_url.startswith("https://"), "PUBLIC_BASE_URL must be an https:// address"),
        (_redis_is_open(config.redis_url), "REDIS_URL must carry a password or be a local socket"),
        (config.provider == "simulator", "PROVIDER=simulator is for demonstration and tests only"),
        (
            config.provider == "twilio" and DEMO_TOKEN in config.twilio_auth_tokens,
            "TWILIO_AUTH_TOKENS must be set (primary first, next or previous second)",
        ),
        (
            config.provider == "twilio" and config.twilio_account_sid == DEMO_ACCOUNT,
            "TWILIO_ACCOUNT_SID must be set",
        ),
    ]
    return [message for broken, message in rules if broken]
