"""A TCP forwarder between weir and a peer that keeps every byte of both directions, and can end a connection where a
test says. What is secret must not be readable here."""
import asyncio
import socket
import struct

from .registry import check_equal


class Tap:
    """Use as `async with Tap(port) as tap`: connections to tap.port go on to `port`.

    cut_after:   ends a connection towards the near side when so many bytes came from the far side (None: never)
    forward_cut: the same for the other direction: towards the far side
    how:         "fin" or "reset"
    drip:        forwards the far side's bytes one at a time
    flip_at:     inverts the far side's byte at this place
    """

    def __init__(self, port, cut_after=None, how="fin", drip=False, forward_cut=None, flip_at=None):
        self.far_port, self.cut_after, self.how, self.drip = port, cut_after, how, drip
        self.forward_cut, self.flip_at = forward_cut, flip_at
        self.sent, self.received = [], []  # per connection: bytes towards the far side, bytes from it
        self._tasks = set()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=4096)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def check_only_tls(self, what):
        """Every connection began with a TLS record (ENGINEERING: never a fall back to plain)."""
        starts = {data[:1] for data in self.sent if data}
        check_equal(starts - {b"\x16"}, set(), f"{what}: first bytes that are no TLS handshake")

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        index = len(self.sent)
        self.sent.append(b"")
        self.received.append(b"")
        far_writer = None
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.far_port)
            for each in (writer, far_writer):
                each.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ways = [asyncio.ensure_future(self._forward(reader, far_writer, self.sent, index)),
                    asyncio.ensure_future(self._return(far_reader, writer, index))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            if ways[0].done() and not ways[0].cancelled() and ways[0].exception() is None:
                await asyncio.wait({ways[1]}, timeout=1)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        except (OSError, asyncio.CancelledError):
            pass  # __aexit__ waits for this task; asyncio would print a cancelled one
        finally:
            self._tasks.discard(task)
            for each in (writer, far_writer):
                if each:
                    each.close()

    async def _forward(self, reader, writer, kept, index):
        while part := await reader.read(65536):
            if self.forward_cut is not None:
                part = part[:self.forward_cut - len(kept[index])]
            kept[index] += part
            writer.write(part)
            await writer.drain()
            if self.forward_cut is not None and len(kept[index]) >= self.forward_cut:
                await self._end(writer)
                raise ConnectionError("cut here")
        if writer.can_write_eof():
            writer.write_eof()

    async def _return(self, reader, writer, index):
        while part := await reader.read(65536):
            if self.cut_after is not None:
                part = part[:self.cut_after - len(self.received[index])]
            at = None if self.flip_at is None else self.flip_at - len(self.received[index])
            self.received[index] += part
            if at is not None and 0 <= at < len(part):
                part = part[:at] + bytes([part[at] ^ 0xff]) + part[at + 1:]
            for piece in ([bytes([b]) for b in part] if self.drip else [part]):
                writer.write(piece)
                await writer.drain()
                if self.drip:
                    await asyncio.sleep(0)
            if self.cut_after is not None and len(self.received[index]) >= self.cut_after:
                return await self._end(writer)

    async def _end(self, writer):
        if self.how == "reset":
            await asyncio.sleep(0.02)  # what was sent is to be read before the reset may overtake it
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
