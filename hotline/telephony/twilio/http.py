"""REST transport with limits: a second to connect, a second to answer, no tries of its own."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

LIMITS = (1.0, 1.0)
DOWNLOAD_LIMITS = (1.0, 60.0)


class LimitedHttpClient(TwilioHttpClient):  # type: ignore[misc]
    """Every request has a connect and a read limit."""

    def __init__(self) -> None:
        super().__init__(max_retries=0)
        self.timeout = LIMITS

    def place(self, url: str) -> str:
        """Where `url` is really sent."""
        return url

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        return super().request(method, self.place(url), *args, **kwargs)

    def download(self, url: str, auth: tuple[str, str]) -> tuple[int, bytes]:
        """Status and bytes of a media file."""
        answer = self.session.get(self.place(url), auth=auth, timeout=DOWNLOAD_LIMITS)
        return answer.status_code, answer.content


class RebasingHttpClient(LimitedHttpClient):
    """Sends what is meant for `<product>.twilio.com` to `<base>/<product>`: the simulator."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self.base = urlsplit(base_url)

    def place(self, url: str) -> str:
        meant = urlsplit(url)
        path = f"{self.base.path.rstrip('/')}/{meant.netloc.split('.')[0]}{meant.path}"
        return urlunsplit((self.base.scheme, self.base.netloc, path, meant.query, ""))
