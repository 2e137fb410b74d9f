"""Headers of every response, errors included: nothing foreign runs, nothing is framed, nothing is kept."""

import secrets
from urllib.parse import urlsplit

from flask import Response, current_app, g, request

from hotline.config import Config
from hotline.web.gate import guards

POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self' {telephone}; "
    "media-src 'self' blob:; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), payment=(), usb=(), microphone=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def trusted_hosts(config: Config) -> list[str]:
    """Host names this house answers to; any other is refused before routing."""
    own = urlsplit(config.public_base_url).hostname or "localhost"
    local = [] if config.production else ["localhost", "127.0.0.1", "[::1]"]
    return list(dict.fromkeys([own, *config.trusted_hosts, *local]))


def nonce() -> str:
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def add(response: Response) -> Response:
    config: Config = current_app.config["HOTLINE"]
    for name, value in FIXED.items():
        response.headers.setdefault(name, value)
    policy = POLICY.format(nonce=nonce(), telephone=config.telephone_sources)
    response.headers.setdefault("Content-Security-Policy", policy)
    if "request_id" in g:
        response.headers["X-Request-ID"] = g.request_id
    if config.production:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint not in guards.STATIC_ENDPOINTS:
        response.headers.setdefault("Cache-Control", "no-store")
    return response
