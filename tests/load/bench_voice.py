"""The voice webhook beside a minimal route that checks the signature and inserts one row, on the same server."""

from urllib.parse import urlencode
from uuid import uuid4

from twilio.request_validator import RequestValidator

from hotline import config as configuration
from tests.load import web

ROUNDS, REQUESTS, CLIENTS = 3, 3000, 8


def signed(port: int, count: int) -> list[web.Request]:
    """First webhooks of `count` calls, signed before the clock runs."""
    validator, url = RequestValidator(configuration.DEMO_TOKEN), f"http://127.0.0.1:{port}/phone/voice"
    made = []
    for number in range(count):
        form = {
            "CallSid": f"CA{uuid4().hex}",
            "AccountSid": configuration.DEMO_ACCOUNT,
            "From": f"1380000{number % 10000:04d}",
            "To": "12320",
            "CallStatus": "ringing",
            "ApiVersion": "2010-04-01",
            "Direction": "inbound",
        }
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": validator.compute_signature(url, form),
        }
        made.append(("POST", "/phone/voice", urlencode(form).encode(), headers))
    return made


def measure(target: str, requests: int) -> dict[str, float]:
    with web.serve(target) as (port, master):
        web.ask(port, signed(port, 200), CLIENTS)
        spent, refused, seconds = web.ask(port, signed(port, requests), CLIENTS)
        return {
            "per_second": round(requests / seconds),
            "p50_ms": web.percentile(spent, 0.5),
            "p99_ms": web.percentile(spent, 0.99),
            "refused": refused,
            "memory_mb": web.memory_mb(master),
        }


def run(requests: int = REQUESTS, rounds: int = ROUNDS) -> dict[str, object]:
    """The best of a few rounds each, taken in turns, because the machine is not ours alone."""
    targets = {"voice": "app:create_app()", "minimal": "tests.load.minimal:create_app()"}
    found = {name: [] for name in targets}
    for _ in range(rounds):
        for name, target in targets.items():
            found[name].append(measure(target, requests))
    best = {name: max(measured, key=lambda one: one["per_second"]) for name, measured in found.items()}
    ratio = best["voice"]["per_second"] / best["minimal"]["per_second"]
    return {**best, "share_of_minimal": round(ratio, 2)}
