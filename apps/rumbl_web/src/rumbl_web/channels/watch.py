"""A process that looks at the database now and then, for all clients of this node at once."""

from __future__ import annotations

import logging
from typing import ClassVar

from info_sys import otp
from info_sys.otp.gen_server import GenServer
from info_sys.otp.supervisor import ChildSpec
from rumbl_core.errors import Unavailable
from rumbl_web.phoenix.endpoint import Endpoint

log = logging.getLogger(__name__)


class Watch(GenServer):
    """Calls `look` every `every_s` seconds. Subclass it and give it a name."""

    NAME: ClassVar[str]
    EVERY_S: ClassVar[float]

    def __init__(self, endpoint: Endpoint, every_s: float | None = None) -> None:
        super().__init__(name=self.NAME)
        self._pubsub = endpoint.pubsub
        self._every_ms = (self.EVERY_S if every_s is None else every_s) * 1000

    @classmethod
    def child_spec(cls, endpoint: Endpoint) -> ChildSpec:
        """How a supervisor starts and restarts it."""
        return ChildSpec(cls.NAME, lambda: cls(endpoint).start())

    def init(self) -> None:
        """Begin to look."""
        otp.send_after(self, "look", self._every_ms)

    def handle_info(self, message: object) -> None:
        """Look; while the database is away nothing is done, and the next look is as good."""
        otp.send_after(self, "look", self._every_ms)
        try:
            with otp.blocking():
                self.look()
        except Unavailable as error:
            log.warning("%s looks later: %s", type(self).__name__, error)

    def look(self) -> None:
        """Look once. May raise Unavailable."""
        raise NotImplementedError(f"{type(self).__name__} must define look()")
