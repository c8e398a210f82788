"""A line to a server on this machine that is slow, and can be cut."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

_ABORT = struct.pack("ii", 1, 0)
"""SO_LINGER: closing says RST, as a line does that is gone."""


class Line:
    """Forwards connections to a port, each piece of bytes so much later.

    Args:
        port: Where to, on loopback.
        delay: Seconds for one way.
    """

    def __init__(self, port: int, delay: float = 0.0) -> None:
        self._to, self._delay = port, delay
        self._writers: list[asyncio.StreamWriter] = []
        self.carried = 0
        """Bytes from the server."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server: asyncio.Server = self._in_loop(
            asyncio.start_server(self._accept, "127.0.0.1", 0)
        )
        self.port: int = self._server.sockets[0].getsockname()[1]

    def _in_loop(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_connection("127.0.0.1", self._to)
        self._writers += [writer, ours]
        await asyncio.gather(
            self._carry(reader, ours, lambda _size: None), self._carry(theirs, writer, self._count)
        )

    def _count(self, size: int) -> None:
        self.carried += size

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        count: Callable[[int], None],
    ) -> None:
        """Take in at once what comes and give it out later, in order."""
        pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        clock = asyncio.get_running_loop().time

        async def give() -> None:
            while True:
                at, piece = await pieces.get()
                await asyncio.sleep(max(0.0, at - clock()))
                if not piece:
                    writer.close()
                    return
                writer.write(piece)
                await writer.drain()

        giving = asyncio.ensure_future(give())
        with suppress(ConnectionError):
            while piece := await reader.read(65_536):
                count(len(piece))
                await pieces.put((clock() + self._delay, piece))
        await pieces.put((clock() + self._delay, b""))
        with suppress(ConnectionError):
            await giving

    def cut(self) -> None:
        """End every connection without a word."""

        async def abort() -> None:
            for writer in self._writers:
                ours = writer.get_extra_info("socket")
                with suppress(OSError):
                    ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
                writer.transport.abort()
            self._writers.clear()

        self._in_loop(abort())

    def close(self) -> None:
        """Carry nothing any more."""
        self.cut()
        self._in_loop(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
