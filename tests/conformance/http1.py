"""HTTP/1.1, as little of it as this needs: an asking client with kept connections, and the reading of a message."""
import asyncio
from dataclasses import dataclass, field

PATIENCE = 30.0


@dataclass
class Message:
    line: str = ""
    headers: dict = field(default_factory=dict)   # lower-case names; of a repeated one the last value
    body: bytes = b""
    complete: bool = True                         # the body ended as its framing says
    status: int = 0


async def read_head(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head[:-4].decode("latin-1").split("\r\n")
    message = Message(first)
    for line in lines:
        name, _, value = line.partition(":")
        message.headers[name.strip().lower()] = value.strip()
    return message


async def read_body(reader, message, to_the_end):
    """`to_the_end`: a body without framing lasts until the connection ends."""
    try:
        if "chunked" in message.headers.get("transfer-encoding", ""):
            while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
                message.body += (await reader.readexactly(size + 2))[:-2]
            while (await reader.readuntil(b"\r\n")) != b"\r\n":
                pass
        elif "content-length" in message.headers:
            message.body = await reader.readexactly(int(message.headers["content-length"]))
        elif to_the_end:
            message.body = await reader.read(-1)
    except asyncio.IncompleteReadError as cut:
        if "content-length" in message.headers:
            message.body = cut.partial
        message.complete = False
    except ConnectionError:
        message.complete = False


class Client:
    """Asks one server over connections that are kept."""

    def __init__(self, port):
        self.port, self.free = port, []

    async def ask(self, path, body, headers=()):
        return await asyncio.wait_for(self._ask(path, body, headers), PATIENCE)

    async def _ask(self, path, body, headers):
        head = [f"POST {path} HTTP/1.1", f"host: 127.0.0.1:{self.port}", "content-type: application/json",
                f"content-length: {len(body)}"] + [f"{n}: {v}" for n, v in headers]
        wire = "\r\n".join(head).encode() + b"\r\n\r\n" + body
        while True:
            kept = bool(self.free)
            reader, writer = self.free.pop() if kept else await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 24)
            try:
                writer.write(wire)
                message = await read_head(reader)
                break
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()
                if not kept:  # a kept connection may have been closed meanwhile; a new one may not
                    return Message("no answer", complete=False)
        message.status = int(message.line.split(" ")[1])
        await read_body(reader, message, True)
        if message.complete and message.headers.get("connection", "") != "close" and \
                ("content-length" in message.headers or "transfer-encoding" in message.headers):
            self.free.append((reader, writer))
        else:
            writer.close()
        return message
