"""A TCP proxy between clients and a site: what a bad network does, on purpose and at a chosen moment."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from types import TracebackType

from tests.wire import hang_up


class Proxy:
    """Passes every connection to `port` of this machine on. Its loop runs in a thread of its own."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._loop = asyncio.new_event_loop()
        self._links: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Future[None]] = set()
        self._answering = asyncio.Event()
        self._answering.set()
        self._parted = False
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self.port = self._run(self._listen())
        self.url = f"http://127.0.0.1:{self.port}"

    def cut(self) -> int:
        """Reset every connection at once, towards both sides; how many there were."""
        return self._run(self._cut())

    def part(self) -> None:
        """Reset every connection, and every new one until `mend`."""
        self._parted = True
        self.cut()

    def mend(self) -> None:
        """Let connections through again."""
        self._parted = False

    def swallow(self) -> None:
        """Keep what the site answers from its clients, until `cut` ends the connections."""
        self._loop.call_soon_threadsafe(self._answering.clear)

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _run(self, work: Coroutine[None, None, int]) -> int:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _listen(self) -> int:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=4096)
        return int(self._server.sockets[0].getsockname()[1])

    def _accept(self, up: asyncio.StreamReader, down: asyncio.StreamWriter) -> None:
        serving = asyncio.ensure_future(self._serve(up, down))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)

    async def _serve(self, up: asyncio.StreamReader, down: asyncio.StreamWriter) -> None:
        if self._parted:
            await hang_up(down)
            return
        try:
            answers, asks = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            await hang_up(down)
            return
        self._links |= {down, asks}
        await asyncio.gather(self._pass(up, asks), self._pass(answers, down, self._answering))
        self._links -= {down, asks}
        await asyncio.gather(hang_up(down), hang_up(asks))

    async def _pass(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, gate: asyncio.Event | None = None
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                if gate is not None:
                    await gate.wait()
                sink.write(data)
                await sink.drain()
        sink.close()

    async def _cut(self) -> int:
        links, self._links = self._links, set()
        for link in links:
            link.transport.abort()
        self._answering.set()
        return len(links) // 2

    async def _stop(self) -> int:
        assert self._server is not None
        self._server.close()
        cut = await self._cut()
        await asyncio.gather(*self._serving)
        return cut
