"""Fetches one page from a service that is not trusted: named hosts only, one deadline, bounded size, no gzip.

What a backend says is a `Request`, what it gets is a `Reply`; everything else is decided here, once for all.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Final, Protocol, cast
from urllib.parse import urlencode, urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError as PoolError

from info_sys import addresses
from info_sys.addresses import Allowed
from info_sys.guard import Guard, GuardedAdapter
from info_sys.reply import Reply

MAX_BYTES: Final = 1_000_000
MAX_REDIRECTS: Final = 2
MAX_ADDRESS: Final = 2_000
MAX_RETRY_AFTER_S: Final = 3_600.0
_CHUNK: Final = 65_536
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


def _user_agent() -> str:
    try:
        number = version("info-sys")
    except PackageNotFoundError:
        number = "0"
    return f"rumbl-info-sys/{number} (an information system; {requests.utils.default_user_agent()})"


USER_AGENT: Final = _user_agent()
_HEADERS: Final = {"Accept-Encoding": "identity", "Connection": "close", "User-Agent": USER_AGENT}


@dataclass(frozen=True, slots=True)
class Request:
    """One GET: where, with what. A question belongs into a parameter, where it is encoded."""

    url: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    accept: str = "application/json"

    @property
    def address(self) -> str:
        """The whole address."""
        return f"{self.url}?{urlencode(self.parameters)}" if self.parameters else self.url

    @property
    def climbs(self) -> bool:
        """Whether dots in its path lead elsewhere: encoding does not hide them (RFC 3986, 5.2.4)."""
        return not {".", ".."}.isdisjoint(urlsplit(self.url).path.split("/"))


class HttpFailed(Exception):
    """No usable page. The message never holds the address, which may hold a key.

    `status` is the answer's, if there was one; `retry_after_s` how many seconds the service wants its peace.
    """

    def __init__(self, why: str, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(why)
        self.status = status
        self.retry_after_s = retry_after_s


class HttpClient(Protocol):
    """What a backend needs of the web; tests bring their own."""

    def fetch(self, request: Request, hosts: Collection[str], timeout_s: float) -> Reply:
        """The page, within `timeout_s` seconds in total, from one of `hosts`. Raises HttpFailed."""


class RequestsClient:
    """The real one, on requests. One connection per request: these are rare, and keep no state.

    `allowed` judges addresses (default: those of the public internet, over TLS only); with another judge,
    which tests have for their loopback servers, plain http will do too.
    """

    def __init__(self, max_bytes: int = MAX_BYTES, allowed: Allowed = addresses.is_public) -> None:
        self._max_bytes = max_bytes
        self._allowed = allowed
        self._schemes = {"https"} if allowed is addresses.is_public else {"https", "http"}

    def fetch(self, request: Request, hosts: Collection[str], timeout_s: float) -> Reply:
        """A page that answers 200, also behind a redirect to one of `hosts`. Raises HttpFailed."""
        guard = Guard(timeout_s)
        try:
            return self._follow(request, hosts, guard)
        except (requests.RequestException, PoolError, OSError, ValueError) as error:
            late = "deadline: " if guard.expired else ""
            raise HttpFailed(late + _name(error)) from None  # its text may hold the address
        finally:
            guard.release()

    def _follow(self, request: Request, hosts: Collection[str], guard: Guard) -> Reply:
        address = request.address
        for _ in range(1 + MAX_REDIRECTS):
            self._check(address, hosts)
            with self._session(guard) as session, self._get(session, address, request, guard) as response:
                if response.status_code not in _REDIRECTS:
                    return self._read(response, guard)
                address = urljoin(address, response.headers.get("Location", ""))
        raise HttpFailed("too many redirects")

    def _session(self, guard: Guard) -> requests.Session:
        session = requests.Session()
        session.trust_env = False  # no proxy, no .netrc: what is asked is decided here
        for scheme in ("https://", "http://"):
            session.mount(scheme, GuardedAdapter(guard, self._allowed))
        return session

    @staticmethod
    def _get(session: requests.Session, address: str, request: Request, guard: Guard) -> requests.Response:
        return session.get(
            address,
            headers=_HEADERS | {"Accept": request.accept},
            timeout=guard.remaining_s,
            allow_redirects=False,
            stream=True,
        )

    def _check(self, address: str, hosts: Collection[str]) -> None:
        parts = urlsplit(address)
        if parts.scheme not in self._schemes or parts.username is not None or len(address) > MAX_ADDRESS:
            raise HttpFailed("an address that is not allowed")
        if parts.hostname not in hosts:
            raise HttpFailed("a host that is not allowed")

    def _read(self, response: requests.Response, guard: Guard) -> Reply:
        if response.status_code != requests.codes.ok:
            again_s = _retry_after_s(response.headers.get("Retry-After"))
            raise HttpFailed(f"status {response.status_code}", response.status_code, again_s)
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise HttpFailed("compressed, although that was not asked for")
        body = bytearray()
        # read1 gives what one receive brought; read would wait until the amount is full.
        while chunk := cast("bytes", response.raw.read1(_CHUNK, decode_content=False)):
            body += chunk
            if len(body) > self._max_bytes:
                raise HttpFailed(f"more than {self._max_bytes} bytes")
        if guard.expired:
            raise HttpFailed("deadline")
        return Reply(bytes(body), response.headers.get("Content-Type", ""))


def _retry_after_s(header: str | None) -> float | None:
    """Seconds, or a date (RFC 9110, 10.2.3); None for what is neither."""
    if header is None:
        return None
    try:
        seconds = (
            float(header) if header.isdigit() else parsedate_to_datetime(header).timestamp() - time.time()
        )
    except ValueError:
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)


def _name(error: Exception) -> str:
    """The kind of an error; of what requests wraps, the kind inside."""
    inner = error.__context__ if isinstance(error, requests.ConnectionError) else None
    while inner is not None and not isinstance(inner, addresses.ForbiddenAddress):
        inner = inner.__cause__ or inner.__context__
    return type(inner or error).__name__
