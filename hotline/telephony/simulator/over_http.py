"""The simulator's webhooks over HTTP; a module of its own, so that only the simulator's process loads the client."""

import aiohttp
from yarl import URL

from hotline.telephony.simulator.transport import Answer, ConnectFailed, ReadTimedOut


class HttpTransport:
    """Over HTTP. Addresses under `public` are reached at `house`, as behind a reverse proxy."""

    def __init__(self, public: str, house: str) -> None:
        self.public = public
        self.house = house.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    async def send(
        self, method: str, url: str, headers: dict[str, str], body: bytes, limits: tuple[float, float]
    ) -> Answer:
        place = self.house + url[len(self.public) :] if url.startswith(self.public) else url
        timeout = aiohttp.ClientTimeout(connect=limits[0], sock_connect=limits[0], total=sum(limits))
        try:
            async with self._open().request(
                method, URL(place, encoded=True), headers=headers, data=body, timeout=timeout, allow_redirects=False
            ) as answer:
                content = await answer.read()
                cookies = tuple(answer.headers.getall("Set-Cookie", ()))
                return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, content, cookies)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise ConnectFailed(place) from error
        except TimeoutError as error:
            raise ReadTimedOut(place) from error
        except aiohttp.ClientError as error:
            raise ConnectFailed(place) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
