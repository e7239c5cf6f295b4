"""What the threads find out by themselves: that the way from Redis is dead although the way there is not."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from rumbl_web.phoenix import testing_redis
from rumbl_web.phoenix.testing_redis import RedisServer

from .redis_nodes import Node, eventually, hear_each_other

pytestmark = pytest.mark.skipif(testing_redis.binary() is None, reason=testing_redis.MISSING)


class Middle:
    """Stands between nodes and a Redis; what those who are subscribed now are sent can get lost."""

    def __init__(self, port: int) -> None:
        self._redis_port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._subscribed: set[socket.socket] = set()
        self._deaf: set[socket.socket] = set()
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"
        threading.Thread(target=self._accept, daemon=True).start()

    def deafen(self) -> None:
        self._deaf |= self._subscribed

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                redis = socket.create_connection(("127.0.0.1", self._redis_port))
                for work in (self._up, self._down):
                    threading.Thread(target=work, args=(client, redis), daemon=True).start()

    def _up(self, client: socket.socket, redis: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                if b"SUBSCRIBE" in data:
                    self._subscribed.add(client)
                redis.sendall(data)
        redis.close()

    def _down(self, client: socket.socket, redis: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := redis.recv(65536):
                if client not in self._deaf:
                    client.sendall(data)
        client.close()


@pytest.fixture
def middle(server: RedisServer) -> Iterator[Middle]:
    made = Middle(server.port)
    yield made
    made.close()


def test_a_subscriber_that_is_sent_nothing_any_more_subscribes_anew_though_it_can_publish(
    middle: Middle, nodes: Callable[..., Node], caplog: pytest.LogCaptureFixture
) -> None:
    other, node = nodes(), Node(middle.url)
    hear_each_other(other, node)

    middle.deafen()
    other.say(1)

    eventually(lambda: node.state == "degraded" or node.whole_gaps)
    assert "nothing came through for" in caplog.text
    eventually(lambda: node.state == "connected" and node.whole_gaps)
    other.say(2)
    eventually(lambda: node.heard[-1:] == [2])
    assert node.heard == [2], "who minds the gap finds the first"
    node.pubsub.stop()
