"""A provider that sends exactly the bytes a test wrote, cut exactly where the test cut them, and keeps every request."""
import asyncio
import random
import socket
import ssl
import struct
from dataclasses import dataclass, field

from .registry import check_equal
from .wire import read_message


@dataclass
class Answer:
    """What to send for one request.

    segments: the body's pieces. With framing "chunked" each becomes an HTTP chunk of its own.
    split:    "as-given" one write per piece; "every-byte" one write per byte, each piece of the body a byte too;
              "random" cut anew at random places, heads and framing included; "together" all of it in one write.
    close:    "keep" the connection stays open; "fin" orderly end, with TLS after close_notify; "cut" TLS without
              close_notify, as a broken path ends it (plain: as "fin"); "reset" RST, what was sent may be lost with it.
    """
    status: int = 200
    headers: list = field(default_factory=lambda: [("content-type", "application/json")])
    segments: list = field(default_factory=list)
    framing: str = "length"  # length, chunked, close, none (headers say it all)
    split: str = "as-given"
    gap: float = 0.0  # seconds between two pieces
    close: str = "keep"
    end: bool = True  # False: leave out the last chunk, so that the body never ends properly
    before_head: float = 0.0
    hold_before_close: float = 0.0
    raw: bytes = None  # instead of all that: these bytes, verbatim
    seed: int = 1

    @property
    def body(self):
        return b"".join(self.segments)

    def writes(self):
        if self.raw is not None:
            pieces = [self.raw]
        else:
            segments = self.segments
            if self.split == "every-byte":
                segments = [bytes([b]) for b in self.body]
            head = f"HTTP/1.1 {self.status} Whatever\r\n"
            for name, value in self.headers:
                head += f"{name}: {value}\r\n"
            if self.framing == "length":
                head += f"content-length: {len(self.body)}\r\n"
            elif self.framing == "chunked":
                head += "transfer-encoding: chunked\r\n"
            elif self.framing == "close":
                head += "connection: close\r\n"
            pieces = [(head + "\r\n").encode("latin-1")]
            if self.framing == "chunked":
                pieces += [b"%x\r\n%s\r\n" % (len(s), s) for s in segments if s]
                if self.end:
                    pieces.append(b"0\r\n\r\n")
            else:
                pieces += [s for s in segments if s]
        if self.split == "together":
            return [b"".join(pieces)]
        if self.split == "every-byte":
            return [bytes([b]) for piece in pieces for b in piece]
        if self.split == "random":
            chance, whole, pieces, at = random.Random(self.seed), b"".join(pieces), [], 0
            while at < len(whole):
                size = chance.choice([1, 2, 3, 7, 40, 300, 2000])
                pieces.append(whole[at:at + size])
                at += size
        return pieces


def json_answer(text, status=200, **more):
    body = text if isinstance(text, bytes) else text.encode()
    return Answer(status=status, segments=[body], **more)


def sse_answer(*frames, **more):
    frames = [f if isinstance(f, bytes) else f.encode() for f in frames]
    more.setdefault("framing", "chunked")
    return Answer(headers=[("content-type", "text/event-stream; charset=utf-8")], segments=frames, **more)


@dataclass
class Handshake:
    """What a provider's side knows of one TLS handshake."""
    version: str
    cipher: str
    resumed: bool
    alpn: str
    client: dict

    @staticmethod
    def of(secured):
        return Handshake(secured.version(), secured.cipher()[0], secured.session_reused, secured.selected_alpn_protocol(),
                         secured.getpeercert())


class WatchedReader(asyncio.StreamReader):
    """Tells that the other side has left, without taking bytes that may be the next request."""

    def __init__(self):
        super().__init__(limit=1 << 26)
        self.gone = asyncio.Event()

    def feed_eof(self):
        super().feed_eof()
        self.gone.set()

    def set_exception(self, exc):
        super().set_exception(exc)
        self.gone.set()


class Provider:
    """Use as `async with Provider(respond) as provider`. `respond(message)` gives the Answer, or is a coroutine function
    `respond(message, connection)` that writes for itself and returns whether the connection goes on."""

    def __init__(self, respond, send_buffer=None, tls=None, listener=None):
        self.respond = respond
        self.tls = tls      # an ssl.SSLContext, or None for plain
        self.handshakes = []  # (version, cipher, resumed, ALPN, client certificate) of each connection that completed one
        self.requests = []  # Message, in order of arrival
        self.connections = 0
        self.open = 0
        self.aborted = 0    # connections that weir closed while an answer was under way
        self.aborted_at = []
        self.errors = []
        self._send_buffer = send_buffer
        self._listener = listener  # a bound socket instead of one on loopback
        self._tasks = set()

    async def __aenter__(self):
        where = {"sock": self._listener} if self._listener else {"host": "127.0.0.1", "port": 0}
        self.server = await asyncio.get_running_loop().create_server(
            lambda: asyncio.StreamReaderProtocol(WatchedReader(), self._serve), backlog=4096, ssl=self.tls, **where)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, kind, *_):
        self.server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if kind is None:
            check_equal(self.errors, [], "mistakes of the test provider, or requests it could not read")

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        self.connections += 1
        self.open += 1
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if secured := writer.get_extra_info("ssl_object"):
            self.handshakes.append(Handshake.of(secured))
        if self._send_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, self._send_buffer)
            writer.transport.set_write_buffer_limits(high=0)
        try:
            while True:
                message = await read_message(reader, is_request=True)
                if message is None:
                    return
                self.requests.append(message)
                sending = asyncio.ensure_future(self._answer(message, Connection(reader, writer)))
                gone = asyncio.ensure_future(reader.gone.wait())
                try:
                    await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
                    if not sending.done() or isinstance(sending.exception(), (ConnectionError, ssl.SSLError)):
                        self.aborted += 1
                        self.aborted_at.append(asyncio.get_running_loop().time())
                        return
                    if not sending.result():
                        return
                finally:
                    sending.cancel()
                    gone.cancel()
                    await asyncio.gather(sending, gone, return_exceptions=True)
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            pass
        except asyncio.CancelledError:
            writer.transport.abort()
        except Exception as error:  # a mistake of the test provider must not look like one of weir
            self.errors.append(repr(error))
        finally:
            self.open -= 1
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, message, connection):
        """-> whether the connection goes on."""
        result = self.respond(message, connection) if asyncio.iscoroutinefunction(self.respond) else self.respond(message)
        if asyncio.iscoroutine(result):
            result = await result
        if result is None or result is True:
            return True
        if result is False:
            return False
        return await connection.give(result)


class Connection:
    """The writing side, for providers that write for themselves."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def give(self, answer):
        if answer.before_head:
            await asyncio.sleep(answer.before_head)
        for index, piece in enumerate(answer.writes()):
            if index > 1 and answer.gap:
                await asyncio.sleep(answer.gap)
            await self.send(piece)
            if answer.split != "as-given" and index % 16 == 0:
                await asyncio.sleep(0)  # lets weir's answer run through the client at the same time
        if answer.hold_before_close:
            await asyncio.sleep(answer.hold_before_close)
        if answer.close in ("reset", "cut"):
            await asyncio.sleep(0.05)  # so that weir has read what was sent before the reset may overtake it
            self.reset() if answer.close == "reset" else self.cut()
            return False
        return answer.close == "keep" and answer.framing != "close"

    def cut(self):
        """The connection's end without TLS's farewell."""
        self.writer.transport.abort()

    def reset(self):
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
