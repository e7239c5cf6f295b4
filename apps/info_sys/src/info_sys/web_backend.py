"""Backends that ask a service: they build a request and read a reply, and nothing else.

class Capitals(WebBackend):
    name, title = "capitals", "Capitals"
    endpoint = "https://capitals.example/search"

    def request(self, query):
        return Request(self.endpoint, {"q": query})

    def read(self, reply, query):
        return [self.result(80, reply.json()["capital"])]
"""

from __future__ import annotations

import logging
from abc import abstractmethod
from typing import ClassVar, Self
from urllib.parse import urlsplit

from info_sys.backend import Backend, Context, Options
from info_sys.http_client import HttpClient, HttpFailed, Request, RequestsClient
from info_sys.reply import Reply
from info_sys.result import Result

log = logging.getLogger(__name__)


class WebBackend(Backend):
    """`endpoint` is where it asks, and its host the only one that it may reach, unless `hosts` names more.

    `silent`: the statuses by which the service says that it has no answer. Another `http_client` or
    `endpoint` is for tests.
    """

    endpoint: str
    more_hosts: ClassVar[frozenset[str]] = frozenset()
    silent: ClassVar[frozenset[int]] = frozenset({404})

    def __init__(self, http_client: HttpClient | None = None, endpoint: str | None = None) -> None:
        self._http_client = http_client or RequestsClient()
        if endpoint is not None:
            self.endpoint = endpoint
        own = urlsplit(self.endpoint).hostname or ""
        self.hosts = self.more_hosts | {own}

    @classmethod
    def create(cls, context: Context) -> Self | None:
        """With the application's way to the web."""
        return cls(context.http_client)

    @abstractmethod
    def request(self, query: str) -> Request:
        """What to ask the service."""

    @abstractmethod
    def read(self, reply: Reply, query: str) -> list[Result]:
        """The answers in its reply. Raises ValueError, KeyError and the like for what is no reply of it."""

    def compute(self, query: str, opts: Options) -> list[Result]:
        """Ask and read. Raises HttpFailed, or whatever `read` does."""
        reply = self.fetch(self.request(query), opts)
        return [] if reply is None else self.read(reply, query)

    def fetch(self, request: Request, opts: Options) -> Reply | None:
        """One page, None if the service has none. For a backend that needs several. Raises HttpFailed.

        Words that would lead out of their place in the path are no question: nobody is asked.
        """
        if request.climbs:
            return None
        try:
            return self._http_client.fetch(request, self.hosts, opts.remaining_s)
        except HttpFailed as failed:
            if failed.status in self.silent:
                return None
            raise

    def result(self, score: float, text: str | None, url: str | None = None) -> Result:
        """An answer of this backend."""
        return Result(score, text, self, url)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class KeyedBackend(WebBackend):
    """A service that wants a key, in the first of the variables that it `needs`. Without one it is off.

    `key_is` says in a few words which one.
    """

    key_is: ClassVar[str] = "key of your account"

    def __init__(self, key: str, http_client: HttpClient | None = None, endpoint: str | None = None) -> None:
        super().__init__(http_client, endpoint)
        self._key = key

    @classmethod
    def create(cls, context: Context) -> Self | None:
        """Off, with one line in the log, without a key."""
        variable = cls.needs[0]
        key = context.environment.get(variable)
        if not key:
            log.info("%s is off: set %s to the %s to turn it on", cls.title, variable, cls.key_is)
            return None
        return cls(key, context.http_client)
